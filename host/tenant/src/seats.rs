//! Requests under way, by what they keep busy.
//!
//! How many requests a mailbox has under way at a time is the one limit that the tenant's clock cannot tell, because on it
//! a request takes no time. So the server takes a seat for each when its head has come, and gives it back when the answer
//! goes out; who finds no seat is answered that the mailbox is busy.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Marks a request that found no seat.
#[derive(Clone, Copy)]
pub(crate) struct Crowded;

type Taken = Arc<Mutex<HashMap<String, u64>>>;

/// Who has how many requests under way.
#[derive(Default)]
pub(crate) struct Seats {
    taken: Taken,
}

/// A request under way; dropping it gives the seat back.
pub(crate) struct Seat {
    /// `None`: there was none left.
    at: Option<(String, Taken)>,
}

impl Seats {
    /// Takes a seat at `table`, if fewer than `most` are taken there.
    pub(crate) fn take(&self, table: String, most: u64) -> Seat {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(table.clone()).or_default();
        if *count >= most {
            return Seat { at: None };
        }
        *count += 1;
        Seat { at: Some((table, Arc::clone(&self.taken))) }
    }
}

impl Seat {
    /// Whether there was none left.
    pub(crate) fn refused(&self) -> bool {
        self.at.is_none()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Some((table, taken)) = self.at.take() else { return };
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&table) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(taken.remove(&table)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_as_many_seats_as_it_has_and_each_is_given_back() {
        let seats = Seats::default();
        let (one, two) = (seats.take("a".into(), 2), seats.take("a".into(), 2));
        assert!(!one.refused() && !two.refused());
        let refused = seats.take("a".into(), 2);
        assert!(refused.refused());
        assert!(!seats.take("b".into(), 2).refused());
        drop(refused);
        assert!(seats.take("a".into(), 2).refused(), "who had no seat gives none back");
        drop((one, two));
        assert!(!seats.take("a".into(), 1).refused());
        assert!(seats.taken.lock().unwrap().is_empty());
    }
}
