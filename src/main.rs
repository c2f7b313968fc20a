//! The `fuelops` program: everything is in the library.

fn main() -> std::process::ExitCode {
    fuelops::cli::main()
}
