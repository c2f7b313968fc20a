//! The program itself: what it was installed with, how it is configured, its data and its own mistakes.

use crate::logs::rules::rule::{FaultClass, Rank, Rule};
use crate::model::Severity::{Critical, Warning};

pub(super) const RULES: &[Rule] = &[
    Rule::new("module-missing", FaultClass::Dependency, Critical, Rank::Setup)
        .signs(&[&["modulenotfounderror"], &["no module named"]])
        .detail(&["no module named '", "no module named "], &['\''])
        .says_of("a module that the program needs is not installed", "the module {} is not installed")
        .advises("install it in the environment that the service runs in; the wrong interpreter may have been started")
        .run_on("python3 -m pip list", "python3 -m pip show {}"),
    Rule::new("node-module-missing", FaultClass::Dependency, Critical, Rank::Setup)
        .signs(&[&["cannot find module '"], &["err_module_not_found"], &["cannot find package '"]])
        .detail(&["cannot find module '", "cannot find package '"], &['\''])
        .says_of("a module that the program needs is not installed", "the module {} is not installed")
        .advises("install the packages that the project names")
        .run_on("npm ls", "npm ls {}"),
    Rule::new("class-missing", FaultClass::Dependency, Critical, Rank::Setup)
        .signs(&[&["classnotfoundexception"], &["noclassdeffounderror"], &["nosuchmethoderror"]])
        .detail(&["classnotfoundexception: ", "noclassdeffounderror: "], &[' '])
        .says_of("a class that the program needs is not there", "the class {} is not there")
        .advises("a library is missing, or of another version than the program was built with"),
    Rule::new("import-failed", FaultClass::Dependency, Critical, Rank::Setup)
        .signs(&[&["importerror: cannot import name"], &["importerror: dll load failed"], &["importerror:"], &["undefined symbol:"], &["cannot open shared object file"]])
        .detail(&["cannot import name "], &['(', '\n'])
        .says_of("a module does not fit the program", "{} cannot be imported")
        .advises("bring the packages to the versions that the project names")
        .run("python3 -m pip check"),
    Rule::new("setting-missing", FaultClass::Config, Critical, Rank::Setup)
        .signs(&[
            &["keyerror: '", "os.environ["],
            &["raise keyerror(key) from none"],
            &["missing required environment variable"],
            &["environment variable", "is not set"],
            &["environment variable", "not set"],
            &["environment variable", "is required"],
            &["missing environment variable"],
            &["validation error for settings"],
            &["validation errors for settings"],
            &["improperlyconfigured"],
            &["decouple.undefinedvalueerror"],
        ])
        .detail(&["keyerror: '", "missing required environment variable: ", "missing required environment variable ", "missing environment variable: ", "environment variable "], &['\'', '\n', ' ', '"'])
        .says_of("a setting is missing", "the setting {} is missing")
        .advises("set it in the service's environment or .env, and see that the service reads that file")
        .run("fuelops config check"),
    Rule::new("json-invalid", FaultClass::Data, Warning, Rank::Code)
        .signs(&[&["jsondecodeerror"], &["expecting value: line 1 column 1"], &["unexpected token", "json"],
            &["syntaxerror", "in json at position"], &["unexpected end of json input"], &["is not valid json"]])
        .says("something that should be JSON is not")
        .advises("log the answer's status and first bytes: it is often an HTML error page or nothing at all"),
    Rule::new("json-nan", FaultClass::Data, Critical, Rank::Code)
        .signs(&[&["out of range float values are not json compliant"], &["nan is not json compliant"], &["invalid json: nan"], &["cannot convert float nan to integer"], &["cannot convert float infinity"]])
        .says("a number that is not one (NaN or infinity) reaches an answer")
        .advises("replace NaN where the data is read; a division by zero or a missing sensor value made it"),
    Rule::new("json-not-serializable", FaultClass::Code, Warning, Rank::Code)
        .signs(&[&["is not json serializable"]])
        .detail(&["object of type "], &[' '])
        .says_of("a value cannot be written as JSON", "a value of type {} cannot be written as JSON")
        .advises("convert it before it is returned"),
    Rule::new("text-encoding", FaultClass::Data, Warning, Rank::Code)
        .signs(&[&["unicodedecodeerror"], &["unicodeencodeerror"], &["codec can't decode"], &["codec can't encode"], &["incorrect string value"]])
        .says("text is read or written in the wrong encoding")
        .advises("name the encoding where files are opened; set PYTHONUTF8=1 for the service, utf8mb4 for MySQL"),
    Rule::new("recursion", FaultClass::Code, Critical, Rank::Code)
        .signs(&[&["maximum recursion depth exceeded"], &["recursionerror"], &["maximum call stack size exceeded"], &["stackoverflowerror"], &["stack overflow"]])
        .says("a function calls itself without end")
        .advises("look at the frame that repeats"),
    Rule::new("syntax-error", FaultClass::Code, Critical, Rank::Setup)
        .signs(&[&["syntaxerror: invalid syntax"], &["indentationerror"], &["syntaxerror:"], &["taberror"]])
        .says("a source file cannot be read by its interpreter")
        .advises("mend the line that is shown; the wrong version of Python may have been started"),
    Rule::new("none-value", FaultClass::Code, Warning, Rank::Code)
        .signs(&[&["'nonetype' object"], &["nonetype' and"], &["cannot read properties of undefined"], &["cannot read properties of null"], &["cannot read property"], &["nullpointerexception"], &["invalid memory address or nil pointer dereference"], &["called `option::unwrap()` on a `none` value"]])
        .says("the code takes for granted a value that is missing")
        .advises("check for it at the frame that is shown"),
    Rule::new("division-by-zero", FaultClass::Code, Warning, Rank::Code)
        .signs(&[&["zerodivisionerror"], &["division by zero"], &["integer divide by zero"], &["attempt to divide by zero"]])
        .says("the code divides by zero")
        .advises("check the divisor at the frame that is shown"),
    Rule::new("key-missing", FaultClass::Code, Warning, Rank::Code)
        .signs(&[&["keyerror:"], &["indexerror:"], &["index out of range"], &["index out of bounds"], &["nosuchelementexception"]])
        .detail(&["keyerror: "], &['\n'])
        .says_of("the code takes for granted an entry that is missing", "the code takes for granted the entry {}")
        .advises("check for it at the frame that is shown; the data may have changed its form"),
    Rule::new("undefined-name", FaultClass::Code, Critical, Rank::Code)
        .signs(&[&["nameerror: name '"], &["unboundlocalerror"], &["is not defined", "referenceerror"], &["cannot access local variable"]])
        .detail(&["name '", "local variable '"], &['\''])
        .says_of("the code uses a name that does not exist", "the code uses {}, which does not exist")
        .advises("it was never run before it was delivered: add an import or mend the name"),
    Rule::new("attribute-missing", FaultClass::Code, Warning, Rank::Code)
        .signs(&[&["attributeerror:"], &["has no attribute '"], &["is not a function", "typeerror"]])
        .detail(&["has no attribute '"], &['\''])
        .says_of("the code uses an attribute that does not exist", "the code uses the attribute {}, which does not exist")
        .advises("the object is of another type than expected, or a package of another version"),
    Rule::new("wrong-type", FaultClass::Code, Warning, Rank::Code)
        .signs(&[&["typeerror:"], &["unsupported operand type"], &["classcastexception"]])
        .says("the code treats a value as another type than it is")
        .advises("look at the frame that is shown"),
    Rule::new("validation", FaultClass::Data, Warning, Rank::Code)
        .signs(&[&["validation error for"], &["validation errors for"], &["requestvalidationerror"], &["responsevalidationerror"], &["invalid literal for int()"], &["could not convert string to float"]])
        .detail(&["validation error for ", "validation errors for "], &['\n'])
        .says_of("data does not have the form that the code expects", "data does not have the form of {}")
        .advises("see which field it is, and whether the sender or the form is wrong"),
    Rule::new("assertion", FaultClass::Code, Warning, Rank::Code)
        .signs(&[&["assertionerror"], &["assertion failed"], &["assertion `left == right` failed"]])
        .says("something that the code takes for certain is not so")
        .advises("look at the frame that is shown"),
];

#[cfg(test)]
pub(super) const SAMPLES: &[(&str, &str, &str)] = &[
    ("module-missing", "ModuleNotFoundError: No module named 'pymysql'", "module pymysql loaded"),
    ("node-module-missing", "Error: Cannot find module 'express'", "module express loaded"),
    (
        "class-missing",
        "java.lang.ClassNotFoundException: com.mysql.cj.jdbc.Driver",
        "class not found in timetable",
    ),
    (
        "import-failed",
        "ImportError: cannot import name 'BaseSettings' from 'pydantic' (/venv/lib/pydantic/__init__.py)",
        "import finished",
    ),
    (
        "setting-missing",
        "  File \"<frozen os>\", line 685, in __getitem__\n    raise KeyError(key) from None\nKeyError: 'DATABASE_URL'",
        "KeyError: 'truck_id'",
    ),
    (
        "json-invalid",
        "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        "json decoded",
    ),
    ("json-nan", "ValueError: Out of range float values are not JSON compliant", "value out of range"),
    (
        "json-not-serializable",
        "TypeError: Object of type datetime is not JSON serializable",
        "datetime serialized",
    ),
    (
        "text-encoding",
        "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        "decoded 0xff",
    ),
    ("recursion", "RecursionError: maximum recursion depth exceeded", "recursion depth 3"),
    ("syntax-error", "SyntaxError: invalid syntax", "syntax checked"),
    (
        "none-value",
        "AttributeError: 'NoneType' object has no attribute 'get'",
        "AttributeError: 'str' object has no attribute 'get'",
    ),
    ("division-by-zero", "ZeroDivisionError: float division by zero", "division by two"),
    ("key-missing", "KeyError: 'truck_id'", "missing key"),
    ("undefined-name", "NameError: name 'fleet' is not defined", "name fleet defined"),
    ("attribute-missing", "AttributeError: 'Truck' object has no attribute 'mpg'", "attribute mpg set"),
    ("wrong-type", "TypeError: unsupported operand type(s) for +: 'int' and 'str'", "type of truck unknown"),
    (
        "validation",
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for Truck\nmpg\n  Field required",
        "validation passed",
    ),
    ("assertion", "AssertionError: tank cannot be negative", "assertion passed"),
];
