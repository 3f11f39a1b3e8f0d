//! Finds the native library: in RONDO_LIB_DIR if that is set, else by pkg-config. Either way programs built by this
//! package know where it is (rpath), so that they run without LD_LIBRARY_PATH.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for name in ["RONDO_LIB_DIR", "PKG_CONFIG", "PKG_CONFIG_PATH"] {
        println!("cargo:rerun-if-env-changed={}", name);
    }
    let directories = match env::var("RONDO_LIB_DIR") {
        Ok(directory) => vec![directory],
        Err(_) => ask_pkg_config(),
    };
    for directory in &directories {
        println!("cargo:rustc-link-search=native={}", directory);
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", directory);
    }
    println!("cargo:rustc-link-lib=dylib=rondo");
    println!("cargo:lib_dir={}", directories.join(":")); // DEP_RONDO_LIB_DIR of the packages that depend on this one
}

fn ask_pkg_config() -> Vec<String> {
    let pkg_config = env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".into());
    let answer = Command::new(&pkg_config).args(["--libs-only-L", "--keep-system-libs", "rondo"]).output();
    let output = match answer {
        Ok(output) if output.status.success() => output,
        Ok(output) => fail(&String::from_utf8_lossy(&output.stderr)),
        Err(error) => fail(&format!("{}: {}", pkg_config, error)),
    };
    let flags = String::from_utf8_lossy(&output.stdout).into_owned();
    flags.split_whitespace().filter_map(|flag| flag.strip_prefix("-L")).map(String::from).collect()
}

fn fail(why: &str) -> ! {
    eprintln!("{}", why.trim_end());
    eprintln!(
        "librondo was not found: set PKG_CONFIG_PATH to where rondo.pc is, or RONDO_LIB_DIR to where librondo.so is"
    );
    std::process::exit(1);
}
