//! What the README says.

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
