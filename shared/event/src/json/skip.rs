//! Passing over a value without keeping any of it: how an item that is well-formed, but no
//! evidence, is cut from the record that holds it.

use super::cursor::Cursor;
use super::{Expected, Fault, FaultKind};

/// Where JSON white space from `at` on ends.
pub(crate) fn skip_whitespace(text: &str, at: usize) -> usize {
    let mut cursor = Cursor { bytes: text.as_bytes(), at };
    cursor.space();
    cursor.at
}

/// Where the value that starts at `at` ends. Asks for no more than the grammar of RFC 8259:
/// duplicate names, lone surrogates and any nesting pass. Does not recurse.
pub(crate) fn skip_value(text: &str, at: usize) -> Result<usize, Fault> {
    let mut cursor = Cursor { bytes: text.as_bytes(), at };
    // One for each open array (`false`) or object (`true`).
    let mut open: Vec<bool> = Vec::new();
    loop {
        match cursor.peek() {
            opening @ (b'{' | b'[') => {
                let object = opening == b'{';
                cursor.at += 1;
                cursor.space();
                if cursor.peek() == if object { b'}' } else { b']' } {
                    cursor.at += 1;
                } else {
                    if object {
                        name(&mut cursor)?;
                    }
                    open.push(object);
                    continue;
                }
            }
            b'"' => string(&mut cursor)?,
            b'-' | b'0'..=b'9' => drop(cursor.number()?),
            b't' => cursor.word("true")?,
            b'f' => cursor.word("false")?,
            b'n' => cursor.word("null")?,
            _ => return Err(cursor.syntax(Expected::Value)),
        }
        if !go_on(&mut cursor, &mut open)? {
            return Ok(cursor.at);
        }
    }
}

/// After a value: passes what closes, up to the next value. `false` where the outermost ended.
fn go_on(cursor: &mut Cursor<'_>, open: &mut Vec<bool>) -> Result<bool, Fault> {
    while let Some(&object) = open.last() {
        cursor.space();
        match (cursor.peek(), object) {
            (b',', _) => {
                cursor.at += 1;
                cursor.space();
                if object {
                    name(cursor)?;
                }
                return Ok(true);
            }
            (b'}', true) | (b']', false) => {
                cursor.at += 1;
                open.pop();
            }
            (_, true) => return Err(cursor.syntax(Expected::CommaOrBrace)),
            (_, false) => return Err(cursor.syntax(Expected::CommaOrBracket)),
        }
    }
    Ok(false)
}

fn name(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    if cursor.peek() != b'"' {
        return Err(cursor.syntax(Expected::Name));
    }
    string(cursor)?;
    cursor.space();
    cursor.demand(b':', Expected::Colon)?;
    cursor.space();
    Ok(())
}

fn string(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    loop {
        match cursor.string() {
            Ok(_) => return Ok(()),
            // Go on after the escape; the byte before it stands in for the opening quote.
            Err(Fault { kind: FaultKind::Surrogate, at }) => cursor.at = at as usize + 5,
            Err(fault) => return Err(fault),
        }
    }
}
