//! The state folder: locks, atomic files, journals.
