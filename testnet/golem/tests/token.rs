//! The token's code is what its source compiles to.

use std::path::Path;
use std::process::Command;

/// The compiler that it was compiled with.
const COMPILER: &str = "solc@0.8.26";
const SCRIPT: &str = r"
const solc = require('solc');
const source = require('fs').readFileSync(process.argv[1], 'utf8');
const settings = {
  optimizer: { enabled: true, runs: 200 }, evmVersion: 'paris', metadata: { bytecodeHash: 'none', appendCBOR: false },
  outputSelection: { '*': { '*': ['evm.bytecode.object'] } },
};
const input = { language: 'Solidity', sources: { 'Token.sol': { content: source } }, settings };
const output = JSON.parse(solc.compile(JSON.stringify(input)));
if (output.errors) { console.error(output.errors); process.exit(1); }
console.log(output.contracts['Token.sol'].BedToken.evm.bytecode.object);
";

#[test]
fn the_code_of_the_token_is_that_of_its_source() {
    let dir = tempfile::tempdir().unwrap();
    let npm = Command::new("npm")
        .args(["install", "--silent", "--no-save", "--no-package-lock", "--ignore-scripts", COMPILER])
        .current_dir(dir.path())
        .output()
        .expect("this test needs Node.js with npm");
    assert!(npm.status.success(), "{}", String::from_utf8_lossy(&npm.stderr));
    let chain = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/chain");
    let compiled = Command::new("node")
        .args(["-e", SCRIPT])
        .arg(chain.join("Token.sol"))
        .current_dir(dir.path())
        .output()
        .expect("node");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let code = String::from_utf8(compiled.stdout).unwrap();
    assert_eq!(code.trim(), std::fs::read_to_string(chain.join("Token.hex")).unwrap().trim());
}
