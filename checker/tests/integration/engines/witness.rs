//! The verifier of witnesses: each way in which an order can be wrong is named.

use oversell_checker::{
    engines::{
        Witness,
        families::operation,
        witness::{WitnessError, verify},
    },
    history::{Response, StockOperation},
};
use oversell_spec::{
    Stock,
    stock::{StockOp, StockRet},
};

/// ```text
/// 0  buy  |-- bought, 1 left --|
/// 1  buy                          |-- bought, 0 left --|
/// 2  buy  |-- …
/// 3  buy                       |-- sold-out --|
/// ```
fn history() -> Vec<StockOperation> {
    let buy = |invoked, answer| operation(invoked, StockOp::Buy { quantity: 1 }, answer);
    vec![
        buy(0, Some((10, StockRet::bought(1)))),
        buy(11, Some((20, StockRet::bought(0)))),
        buy(0, None),
        buy(10, Some((15, StockRet::SoldOut))),
    ]
}

fn verdict(order: &[usize]) -> Result<(), WitnessError> {
    verify(Stock::new(2), &history(), &Witness(order.to_vec()))
}

#[test]
fn accepts_an_order_with_and_without_the_indeterminate_operation() {
    assert_eq!(verdict(&[0, 1, 3]), Ok(()));
    assert_eq!(verdict(&[0, 1, 2, 3]), Ok(()));
}

#[test]
fn names_what_is_wrong_with_an_order() {
    assert_eq!(verdict(&[0, 1, 3, 4]), Err(WitnessError::Unknown(4)));
    assert_eq!(verdict(&[0, 0]), Err(WitnessError::Twice(0)));
    assert_eq!(verdict(&[0, 2, 2]), Err(WitnessError::Twice(2)));
    assert_eq!(verdict(&[0, 1]), Err(WitnessError::Missing(3)));
    assert_eq!(verdict(&[1, 0]), Err(WitnessError::Refused(1)));
    assert_eq!(verdict(&[0, 3, 1]), Err(WitnessError::Refused(3)));
    assert_eq!(verdict(&[2, 0, 1]), Err(WitnessError::Refused(0)));
    let order = [2, 1, 0];
    let stock = Stock::new(3);
    let mut history = history();
    history[1].response = history[1].response.map(|response| Response {
        ret: StockRet::BOUGHT,
        ..response
    });
    assert_eq!(
        verify(stock, &history, &Witness(order.to_vec())),
        Err(WitnessError::Order { earlier: 1, later: 0 })
    );
}
