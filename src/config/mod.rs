//! Config layers and sections.
