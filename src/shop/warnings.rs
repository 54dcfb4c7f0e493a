//! What a shop says that is allowed, and seldom meant.

use super::{
    code::Shop,
    template::{Command, Placeholder, Template},
};

impl Shop {
    /// What is written and does not depend on the item, if anything.
    pub(crate) fn shared(&self) -> Option<String> {
        let put = self.put.iter().find(|command| !command.names_item());
        let key = self.keys.iter().find(|key| !key.names_item());
        let is_named = self.keys.iter().chain(&self.args).any(Template::names_item);
        let restock = self.restock.iter().find(|command| !command.names_item());
        put.map(|command| format!("`{}` in `put`", command.text))
            .or_else(|| restock.map(|command| format!("`{}` in `restock`", command.text)))
            .or_else(|| key.map(|key| format!("the key `{key}` of the script")))
            .or_else(|| (!is_named).then(|| "keys and arguments of the script".to_string()))
    }

    /// What is seldom meant, with what to write instead; and what is not looked at.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let counts = self.left.command();
        for command in self.put.iter().chain([counts]).filter(|command| !command.names_item()) {
            warnings.push(format!(
                "`{}` has no {{item}} in it, so all items share what it is about; write it into the key: stock:{{item}}",
                command.text
            ));
        }
        let stocked: Vec<&Command> = self.put.iter().filter(|put| puts(put)).collect();
        if stocked.is_empty() && !self.asks_with(Placeholder::Stock) {
            warnings.push("no command of `put` has {stock} in it, so it is always the same number of units; write {stock} where that number stands".to_string());
        }
        if self.limit.is_some() && !self.knows_buyers() {
            warnings.push(
                "there is a `limit` for one buyer, and neither keys nor arguments of the script say who buys; write {buyer} where the code \
                 expects it"
                    .to_string(),
            );
        }
        if self.quantity > 1 && !self.asks_with(Placeholder::Quantity) {
            warnings.push(format!(
                "`quantity` is {}, and neither keys nor arguments of the script say how many are asked for; write {{quantity}} where the code \
                 expects it",
                self.quantity
            ));
        }
        if self.code.contains("math.random") {
            warnings.push(
                "`math.random` gives every script the same numbers in a proof: what another number would do is not looked at; `oversell run` \
                 throws real ones"
                    .to_string(),
            );
        }
        let is_counted = |put: &&&Command| about(put).is_some_and(|key| counts.words.contains(key));
        if stocked.iter().any(|put| is_counted(&put)) {
            for put in stocked.iter().filter(|put| !is_counted(put)) {
                warnings.push(format!(
                    "`{}` puts units on sale that `{}` does not count: nothing is said about them (an order of several items is not supported)",
                    put.text, counts.text
                ));
            }
        }
        warnings
    }
}

/// Does it put units on sale?
fn puts(command: &Command) -> bool {
    command.words.iter().any(|word| word.uses(Placeholder::Stock))
}

/// The key that a command is about: its first word that names the item.
pub(super) fn about(command: &Command) -> Option<&Template> {
    command.words.iter().skip(1).find(|word| word.names_item())
}

#[cfg(test)]
mod tests {
    use super::super::code::OfScript;
    use super::*;

    fn warnings(put: &[&str], left: &str) -> Vec<String> {
        let put: Vec<String> = put.iter().map(ToString::to_string).collect();
        let shop = Shop::of_script(&OfScript {
            name: "mine",
            code: "return 1",
            keys: &[],
            args: &[],
            put: &put,
            left: Some(left),
            sold: None,
        });
        shop.unwrap().warnings()
    }

    #[test]
    fn what_is_seldom_meant_is_told() {
        assert!(warnings(&["SET s:{item} {stock}", "DEL b:{item}"], "GET s:{item}").is_empty());
        assert!(warnings(&["SET s {stock}"], "GET s:{item}")[0].contains("`SET s {stock}` has no {item}"));
        assert!(warnings(&["SET s:{item} 5"], "GET s:{item}")[0].contains("{stock}"));
        let two = ["SET a:{item} {stock}", "SET b:{item} {stock}"];
        assert!(warnings(&two, "GET a:{item}")[0].contains("`SET b:{item} {stock}` puts units on sale"));
        // Units of which the counter says how many were sold.
        assert!(warnings(&["SET most:{item} {stock}", "SET n:{item} 0"], "GET n:{item}").is_empty());
    }
}
