//! What `convert` takes for a shop's own table of purchases.

use std::collections::BTreeMap;

use clap::Args;
use oversell_checker::interchange::{Column, Table, Times};

/// A table of purchases, one a row: CSV, or JSON with an object a line.
#[derive(Args, Debug)]
#[command(next_help_heading = "Tables of purchases: CSV, or an object as JSON a line")]
pub(super) struct TableOptions {
    /// What the columns are called: `item=sku,asked=created_at,answered=paid_at,outcome=status`, and perhaps `quantity`, `buyer`,
    /// `remaining` and `unit`. `asked` is the time before the request was sent, `answered` that after its answer had come.
    #[arg(long, value_name = "NAMES", value_parser = columns)]
    columns: Option<BTreeMap<Column, String>>,
    /// Outcomes that say that the units were bought: `--bought PAID,SHIPPED`.
    #[arg(long, value_name = "WORDS", value_delimiter = ',', requires = "columns")]
    bought: Vec<String>,
    /// Outcomes that say that too few units were left.
    #[arg(long, value_name = "WORDS", value_delimiter = ',', requires = "columns")]
    sold_out: Vec<String>,
    /// Outcomes that say that the buyer has had theirs.
    #[arg(long, value_name = "WORDS", value_delimiter = ',', requires = "columns")]
    already: Vec<String>,
    /// Outcomes that leave open whether the units were taken, as an empty one does.
    #[arg(long, value_name = "WORDS", value_delimiter = ',', requires = "columns")]
    unknown: Vec<String>,
    /// What times that are numbers count (since 1970): ns, us, ms or s [default: times are ISO 8601].
    #[arg(long, value_name = "UNIT", value_parser = unit, requires = "columns")]
    time_unit: Option<u64>,
    /// Times without a zone are UTC.
    #[arg(long, requires = "columns")]
    utc: bool,
    /// Units of an item that one buyer may have.
    #[arg(long, value_name = "N", requires = "columns")]
    limit: Option<u64>,
}

impl TableOptions {
    /// How the table is to be read, if IN is one.
    pub(super) fn table(&self) -> Option<Table> {
        Some(Table {
            columns: self.columns.clone()?,
            bought: self.bought.clone(),
            sold_out: self.sold_out.clone(),
            already: self.already.clone(),
            unknown: self.unknown.clone(),
            times: Times {
                unit: self.time_unit,
                utc: self.utc,
            },
            limit: self.limit,
        })
    }
}

fn columns(names: &str) -> Result<BTreeMap<Column, String>, String> {
    let mut columns = BTreeMap::new();
    for pair in names.split(',') {
        let (column, name) = pair
            .split_once('=')
            .ok_or_else(|| format!("found `{pair}`, expected a column and what it is called: `item=sku`"))?;
        let found = Column::ALL.into_iter().find(|known| known.name() == column.trim());
        let column = found.ok_or_else(|| {
            let known = Column::ALL.map(Column::name).join("`, `");
            format!("found `{column}`, expected one of `{known}`")
        })?;
        if columns.insert(column, name.trim().to_owned()).is_some() {
            return Err(format!("found `{}` twice, expected it once", column.name()));
        }
    }
    Ok(columns)
}

fn unit(name: &str) -> Result<u64, String> {
    match name {
        "ns" => Ok(1),
        "us" => Ok(1_000),
        "ms" => Ok(1_000_000),
        "s" => Ok(1_000_000_000),
        _ => Err("expected ns, us, ms or s".to_owned()),
    }
}
