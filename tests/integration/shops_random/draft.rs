//! One random shop: put together, so that it is right, or wrong in one planted way.

use rand::{
    RngExt as _, SeedableRng as _,
    rngs::SmallRng,
    seq::{IndexedRandom as _, SliceRandom as _},
};

use super::{
    answers::{Answers, answers},
    parts::{BESIDE, Buyers, Stock, buyers, once_in, pick, stock},
};

/// What is planted. One buyer alone sees each from at most 11 units, or a few buyers one after the other do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// `<` where there should be `<=`: sells one unit too many.
    OneMore,
    /// The other way round: never sells the last one.
    KeepsLast,
    /// Numbers are compared as texts.
    AsTexts,
    /// Looks for one unit, whatever is asked for.
    IgnoresQuantity,
    /// Says bought and takes nothing, always or at some number of units.
    TakesNothing,
    /// Takes what there is, and refuses.
    TakesRefusing,
    /// Takes one more than it sells, or one in place of two.
    OtherNumber,
    /// Takes from another key than it looks at.
    OtherKey,
    /// Ends with an error where the last unit is asked for.
    ErrorAtLast,
    /// Takes, and says that it is sold out, at some number of units.
    Swapped,
    /// The list of buyers is the same for all items.
    ListOfAll,
    /// Nobody is put on the list.
    NeverMarks,
    /// Who is refused is on the list, too.
    MarksRefused,
    /// One unit more than the limit.
    OneMoreEach,
    /// The stock runs out of time.
    Expires,
    /// Gives back more than it has taken.
    GivesTooMuch,
}

impl Fault {
    const ALL: [Self; 16] = [
        Self::OneMore,
        Self::KeepsLast,
        Self::AsTexts,
        Self::IgnoresQuantity,
        Self::TakesNothing,
        Self::TakesRefusing,
        Self::OtherNumber,
        Self::OtherKey,
        Self::ErrorAtLast,
        Self::Swapped,
        Self::ListOfAll,
        Self::NeverMarks,
        Self::MarksRefused,
        Self::OneMoreEach,
        Self::Expires,
        Self::GivesTooMuch,
    ];
}

/// A shop file, its script, and what is wrong with it.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) file: String,
    pub(super) script: String,
    pub(super) fault: Option<Fault>,
}

/// A shop before it is written down.
struct Plan {
    stock: Stock,
    answers: Answers,
    buyers: Option<Buyers>,
    /// It takes first and looks afterwards.
    first: bool,
    /// Buyers are put on the list before the stock is looked at.
    early: bool,
    /// The list is looked at before the stock is.
    list_first: bool,
    /// A purchase may ask for two.
    many: bool,
}

impl Plan {
    fn new(random: &mut SmallRng) -> Self {
        let stock = stock(random);
        let buyers = (stock.is_list || once_in(random, 3)).then(|| buyers(random, stock.is_list));
        let many = !stock.is_list && random.random();
        let after = if once_in(random, 3) { stock.look } else { "(left - q)" };
        let answers = answers(random, &stock, after, !many);
        let first = stock.first.is_some() && !(stock.names && many) && once_in(random, 3);
        Self {
            early: buyers.as_ref().is_some_and(|buyers| !buyers.mark.is_empty()) && once_in(random, 3),
            list_first: first || random.random(),
            stock,
            answers,
            buyers,
            first,
            many,
        }
    }

    /// Units that one buyer may have, where these are what is counted, for ever.
    fn limit(&self) -> Option<u64> {
        let purchases = if self.many { None } else { Some(1) };
        let lasting = self.buyers.as_ref().filter(|buyers| !buyers.forgets);
        lasting.and_then(|buyers| buyers.most.or(purchases))
    }

    /// Can this be planted, and is it seen?
    fn shows(&self, fault: Fault) -> bool {
        let Self { stock, first, .. } = self;
        let has_list = self.buyers.as_ref().is_some_and(|buyers| !buyers.mark.is_empty());
        let most = self.buyers.as_ref().and_then(|buyers| buyers.most);
        let sells_two = self.many && most != Some(1);
        match fault {
            // A number that says what is left says "none" then; names never go below none, or end with an error.
            Fault::OneMore => {
                let never_none = self.answers.bought.lua.contains("left") || stock.take.contains("unit)");
                !(self.answers.tells || stock.names && never_none)
            }
            Fault::AsTexts | Fault::IgnoresQuantity | Fault::TakesRefusing => sells_two,
            Fault::TakesNothing => !first,
            Fault::OtherKey => !first && !stock.look.contains("$day"),
            Fault::OtherNumber => !(stock.is_list || *first && stock.names),
            Fault::GivesTooMuch => stock.first.is_some_and(|(_, back)| !back.is_empty()),
            Fault::KeepsLast | Fault::ErrorAtLast | Fault::Swapped | Fault::Expires => true,
            Fault::ListOfAll => has_list,
            Fault::NeverMarks => has_list && self.limit().is_some(),
            // Two who are the same, when nothing is left.
            Fault::MarksRefused => {
                has_list && most.is_none_or(|most| most == 1) && self.answers.already.lua != self.answers.sold_out.lua
            }
            Fault::OneMoreEach => most.is_some(),
        }
    }
}

/// The shop of a seed, right or wrong.
pub(super) fn case(seed: u64) -> Case {
    let random = &mut SmallRng::seed_from_u64(seed);
    let mut plan = Plan::new(random);
    let fault = if random.random() {
        let shown: Vec<Fault> = Fault::ALL.into_iter().filter(|fault| plan.shows(*fault)).collect();
        shown.choose(random).copied()
    } else {
        None
    };
    if fault == Some(Fault::MarksRefused) {
        (plan.early, plan.list_first) = (true, true);
    }
    let script = script(random, &plan, fault);
    write(random, &plan, script, fault)
}

/// The script, with names for keys and arguments.
fn script(random: &mut SmallRng, plan: &Plan, fault: Option<Fault>) -> String {
    let is = |this: Fault| fault == Some(this);
    let Plan { stock, answers, .. } = plan;
    let units = |text: &str, number: &str| text.replace('#', number);
    let mut lines: Vec<String> = Vec::new();
    let beside = pick(random, &BESIDE);
    lines.push(
        if plan.many {
            "local q = tonumber($asked)"
        } else {
            "local q = 1"
        }
        .to_string(),
    );
    if stock.names {
        lines.push("local unit".to_string());
    }
    if once_in(random, 8) {
        lines.push("redis.replicate_commands()".to_string());
    }
    if plan.many && once_in(random, 4) {
        lines.push("if not q or q < 1 then return redis.error_reply('ERR how many?') end".to_string());
    }
    if stock.stays && once_in(random, 4) {
        lines.push(
            "if redis.call('EXISTS', $stock) == 0 then return redis.error_reply('ERR no such item') end".to_string(),
        );
    }
    if once_in(random, 4) {
        lines.push(beside.to_string());
    }
    let had = plan.buyers.as_ref().map(|buyers| {
        let mut had = buyers.had.clone();
        if let Some(most) = buyers.most
            && is(Fault::OneMoreEach)
        {
            had = had.replace(&format!("> {most}"), &format!("> {}", most + 1));
        }
        let mut line = format!("if {had} then return {} end", answers.already.lua);
        if plan.list_first && answers.already.lua.contains("left") {
            line = format!("local left = {}\n{line}", stock.look);
        }
        if plan.early && !is(Fault::NeverMarks) {
            line = format!("{line}\n{}", buyers.mark);
        }
        line
    });
    let (mut mark, mut unmark) = ("", "");
    if let Some(buyers) = &plan.buyers {
        if plan.early {
            unmark = buyers.unmark;
        } else {
            mark = buyers.mark;
        }
    }
    if is(Fault::MarksRefused) {
        unmark = "";
    }
    if is(Fault::NeverMarks) {
        (mark, unmark) = ("", "");
    }
    if let Some(had) = had.as_ref().filter(|_| plan.list_first) {
        lines.push(had.clone());
    }
    let number = if is(Fault::OtherNumber) {
        if plan.many && plan.limit() != Some(1) && random.random() {
            "1"
        } else {
            "q + 1"
        }
    } else {
        "q"
    };
    let back = match stock.first.filter(|_| plan.first) {
        Some((first, back)) => {
            lines.push(format!("local left = {} + {number}", units(first, number)));
            // What goes on past the end is harmless, for one unit each.
            let keeps = is(Fault::TakesRefusing) || !plan.many && once_in(random, 2);
            match fault {
                Some(Fault::GivesTooMuch) => units(back, "2 * q"),
                _ if keeps => String::new(),
                _ => units(back, number),
            }
        }
        None => {
            lines.push(format!("local left = {}", stock.look));
            if is(Fault::TakesRefusing) {
                format!("if left > 0 then {} end", units(stock.take, "left"))
            } else if is(Fault::GivesTooMuch) {
                units(stock.first.unwrap_or_default().1, "q")
            } else {
                String::new()
            }
        }
    };
    if let Some(had) = had.filter(|_| !plan.list_first) {
        lines.push(had);
    }
    let too_few = match fault {
        Some(Fault::OneMore) => "left < q - 1",
        Some(Fault::KeepsLast) => "left <= q",
        Some(Fault::AsTexts) => "tostring(left) < tostring(q)",
        Some(Fault::IgnoresQuantity) => "left < 1",
        _ => pick(random, &["left < q", "left - q < 0", "not (left >= q)", "q > left"]),
    };
    lines.push(format!("if {too_few} then"));
    lines.extend(
        [back, unmark.to_string()]
            .into_iter()
            .filter(|line| !line.is_empty())
            .map(|line| format!("  {line}")),
    );
    if let Some(short) = answers.short.as_ref().filter(|_| plan.many) {
        lines.push(format!("  if left > 0 then return {} end", short.lua));
    }
    lines.push(format!("  return {}\nend", answers.sold_out.lua));
    if is(Fault::ErrorAtLast) {
        let error = [
            "return redis.error_reply('ERR the last one')",
            "return redis.call('GTE', $stock)",
            "error('no')",
        ];
        lines.push(format!("if left == q then {} end", pick(random, &error)));
    }
    if !plan.first {
        let take = units(stock.take, number);
        lines.push(match fault {
            Some(Fault::TakesNothing) => match random.random_range(0..10) {
                0 => String::new(),
                at => format!("if left ~= {at} then {take} end"),
            },
            Some(Fault::OtherKey) => take.replace("$stock", "$other"),
            _ => take,
        });
    }
    lines.push(mark.to_string());
    if once_in(random, 4) {
        lines.push(beside.to_string());
    }
    if is(Fault::Expires) {
        lines.push("redis.call('EXPIRE', $stock, 60)".to_string());
    }
    if is(Fault::Swapped) {
        let at = random.random_range(1..=3);
        lines.push(format!("if left == {at} then return {} end", answers.sold_out.lua));
    }
    lines.push(format!("return {}", answers.bought.lua));
    lines.retain(|line| !line.is_empty());
    lines.join("\n") + "\n"
}

/// Names become keys and arguments, in any order.
fn write(random: &mut SmallRng, plan: &Plan, mut script: String, fault: Option<Fault>) -> Case {
    let style = random.random_range(0..5);
    let of = |name: &str, item: &str| match style {
        0 => format!("{name}:{item}"),
        1 => format!("shop:{item}:{name}"),
        2 => format!("{{{item}}}:{name}"),
        3 if name == "stock" => item.to_string(),
        3 => format!("{item}:{name}"),
        _ => format!("s-{item}-{name}"),
    };
    let template = |name: &str| match style {
        _ if name == "list" && fault == Some(Fault::ListOfAll) => "buyers:all".to_string(),
        2 => format!("{{tag}}:{name}"),
        4 => of(name, "{item-number}"),
        _ => of(name, "{item}"),
    };
    // A text in quotation marks around an argument.
    let built = |name: &str| format!("('{}')", of(name, "' .. $item .. '"));
    let mut keys: Vec<(&str, String)> = vec![("", "order:{request}".to_string()), ("", "audit:{item}".to_string())];
    keys.retain(|_| once_in(random, 6));
    let builds = random.random_range(0..3);
    for name in ["stock", "most", "day", "list", "log", "other"] {
        let open = format!("${name}");
        if !script.contains(&open) {
            continue;
        }
        let is_built = builds == 0 || builds == 1 && once_in(random, 2);
        if is_built && !(name == "list" && fault == Some(Fault::ListOfAll)) {
            script = script.replace(&open, &built(name));
        } else {
            keys.push((name, template(name)));
        }
    }
    let field = pick(random, &["left", "stock", "7"]);
    let mut args: Vec<(&str, String)> = vec![("", "v1".to_string()), ("", "86400".to_string())];
    args.retain(|_| once_in(random, 6));
    let item = if style == 4 { "{item-number}" } else { "{item}" };
    for (name, text) in [
        ("asked", "{quantity}"),
        ("who", "{buyer}"),
        ("request", "{request}"),
        ("units", "{stock}"),
        ("field", field),
        ("item", item),
    ] {
        if script.contains(&format!("${name}")) {
            args.push((name, text.to_string()));
        }
    }
    for (list, called) in [(&mut keys, "KEYS"), (&mut args, "ARGV")] {
        list.shuffle(random);
        for (place, (name, _)) in list.iter().enumerate().filter(|(_, (name, _))| !name.is_empty()) {
            script = script.replace(&format!("${name}"), &format!("{called}[{}]", place + 1));
        }
    }
    let list = |list: &[(&str, String)]| {
        list.iter()
            .map(|(_, text)| format!("'{text}'"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let command = |text: &str| {
        let mut text = text.replace("$field", field);
        for name in ["stock", "most", "day", "list"] {
            text = text.replace(&format!("${name}"), &template(name));
        }
        format!("'''{text}'''")
    };
    let mut put: Vec<String> = plan.stock.put.iter().map(|text| command(text)).collect();
    if plan.buyers.is_some() && fault != Some(Fault::ListOfAll) && random.random() {
        put.push(command("DEL $list"));
    }
    let (count, reads) = plan.stock.count;
    let mut file = format!(
        "[stock]\nput = [{}]\n{count} = {}\n\n[buy]\nscript = \"shop.lua\"\n",
        put.join(", "),
        command(reads)
    );
    file += &format!("keys = [{}]\nargs = [{}]\n", list(&keys), list(&args));
    let needs_limit = matches!(fault, Some(Fault::NeverMarks | Fault::OneMoreEach));
    if let Some(limit) = plan.limit()
        && (needs_limit || random.random())
    {
        file += &format!("limit = {limit}\n");
    }
    if plan.many && once_in(random, 6) {
        file += "quantity = 3\n";
    }
    let Answers {
        bought,
        sold_out,
        already,
        short,
        ..
    } = &plan.answers;
    let already = plan.buyers.as_ref().map(|_| already);
    let none = std::iter::once(sold_out).chain(short);
    let said = [
        ("bought", vec![bought]),
        ("sold-out", none.collect()),
        ("already", already.into_iter().collect()),
    ];
    let is_sayable = said
        .iter()
        .flat_map(|(_, all)| all)
        .all(|answer| !answer.rule.is_empty());
    if is_sayable && once_in(random, 4) {
        file += "[buy.answer]\n";
        for (name, all) in said.iter().filter(|(_, all)| !all.is_empty()) {
            let rules: Vec<&str> = all.iter().map(|answer| answer.rule.as_str()).collect();
            file += &format!("{name} = [{}]\n", rules.join(", "));
        }
    }
    Case { file, script, fault }
}
