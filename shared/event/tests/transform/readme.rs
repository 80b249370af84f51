//! What the README and the specification say.

use cairn_event::CODES;

#[test]
fn the_readme_lists_every_code_with_its_meaning() {
    let readme = include_str!("../../README.md");
    let listed: Vec<(&str, &str)> = readme
        .lines()
        .skip_while(|line| *line != "## Reasons")
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .filter_map(|(code, rest)| Some((code, rest.split_once(" | ")?.0)))
        .collect();
    assert_eq!(listed, CODES);
}

#[test]
fn the_specification_lists_every_code_with_its_meaning() {
    let specification = include_str!("../../../ledger/SPEC.md");
    let listed: Vec<(&str, &str)> = specification
        .lines()
        .skip_while(|line| *line != "The codes:")
        .skip(4)
        .map_while(|line| line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | "))
        .collect();
    assert_eq!(listed, CODES);
}
