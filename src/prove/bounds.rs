//! Bounds by themselves: how many clients, units and purchases a proof goes through where nobody says.

use oversell_spec::stock::StockOp;

/// One of the bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) clients: Vec<Vec<StockOp>>,
    /// As [`Setup::buyers`](oversell_models::explorer::Setup::buyers).
    pub(super) buyers: Vec<u8>,
    pub(super) stock: u64,
    /// It is explored however long it takes.
    pub(super) always: bool,
}

impl Bound {
    /// As it is, and where one buyer may have only so many units, with the clients as buyers of their own, too: otherwise the first
    /// two are one.
    pub(super) fn each_way(self, limit: Option<u64>) -> Vec<Self> {
        if limit.is_none() || self.clients.len() < 2 {
            return vec![self];
        }
        let own = Self {
            buyers: (0..).take(self.clients.len()).collect(),
            ..self.clone()
        };
        vec![self, own]
    }
}

/// Clients, purchases of each, units, and whether it is always explored; cheapest first.
const SIZES: [(usize, usize, u64, bool); 17] = [
    (1, 1, 0, false),
    (1, 1, 1, false),
    (1, 2, 1, false),
    (2, 1, 0, true),
    (2, 1, 1, true),
    (2, 1, 2, true),
    (2, 1, 3, false),
    (2, 1, 10, true),
    (3, 1, 2, true),
    (3, 1, 1, false),
    (3, 1, 3, false),
    (3, 1, 10, false),
    (2, 2, 1, false),
    (2, 2, 2, false),
    (2, 2, 3, false),
    (3, 2, 2, false),
    (3, 2, 3, false),
];

/// Those for code that sells up to `quantity` units a purchase, and a buyer no more than `limit`.
pub(super) fn bounds(quantity: u64, limit: Option<u64>) -> Vec<Bound> {
    let mut bounds = Vec::new();
    for (clients, purchases, stock, always) in SIZES {
        for most in 1..=quantity.min(2) {
            // Whoever asks for much is in the way of the others.
            let of = |client: usize| {
                vec![
                    StockOp::Buy {
                        quantity: if client == 0 { most } else { 1 }
                    };
                    purchases
                ]
            };
            let bound = Bound {
                clients: (0..clients).map(of).collect(),
                buyers: Vec::new(),
                stock,
                always,
            };
            bounds.extend(bound.each_way(limit));
        }
    }
    bounds
}
