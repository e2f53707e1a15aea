//! Server-sent events, as far as a reader of usage needs them: the `data` of each event, from bytes that
//! come cut anywhere. Bounded: an event larger than anything a model says is an error.

use std::collections::VecDeque;

/// Bytes of one event (16 MiB: answers with pictures in them are large).
pub(in crate::models) const EVENT_BYTES: usize = 16 * 1024 * 1024;

/// An event passed [`EVENT_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::models) struct EventTooLarge;

/// Takes bytes, gives the data of whole events.
#[derive(Default)]
pub(in crate::models) struct Events {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    after_return: bool,
    ready: VecDeque<Vec<u8>>,
}

impl Events {
    pub(in crate::models) fn push(&mut self, bytes: &[u8]) -> Result<(), EventTooLarge> {
        let mut rest = bytes;
        // A line ends with \r, \n or \r\n, and the two may come in different chunks.
        if self.after_return && rest.first() == Some(&b'\n') {
            rest = &rest[1..];
        }
        if !bytes.is_empty() {
            self.after_return = false;
        }
        while let Some(place) = rest.iter().position(|&byte| byte == b'\n' || byte == b'\r') {
            self.keep(&rest[..place])?;
            self.end_line();
            let returned = rest[place] == b'\r';
            rest = &rest[place + 1..];
            if returned {
                match rest.first() {
                    Some(b'\n') => rest = &rest[1..],
                    Some(_) => {}
                    None => self.after_return = true,
                }
            }
        }
        self.keep(rest)
    }

    /// The next whole event's data.
    pub(in crate::models) fn next(&mut self) -> Option<Vec<u8>> {
        self.ready.pop_front()
    }

    fn keep(&mut self, piece: &[u8]) -> Result<(), EventTooLarge> {
        if self.line.len() + self.data.len() + piece.len() > EVENT_BYTES {
            return Err(EventTooLarge);
        }
        self.line.extend_from_slice(piece);
        Ok(())
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            if std::mem::take(&mut self.has_data) {
                self.ready.push_back(std::mem::take(&mut self.data));
            }
            return;
        }
        let Some(value) = line.strip_prefix(b"data:") else {
            return;
        };
        if std::mem::replace(&mut self.has_data, true) {
            self.data.push(b'\n');
        }
        self.data
            .extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(chunks: &[&[u8]]) -> Vec<String> {
        let mut events = Events::default();
        let mut found = Vec::new();
        for chunk in chunks {
            events.push(chunk).unwrap();
            while let Some(data) = events.next() {
                found.push(String::from_utf8(data).unwrap());
            }
        }
        found
    }

    #[test]
    fn reads_what_servers_write() {
        for text in [
            "event: x\ndata: one\n\n: comment\n\ndata:two\ndata: three\n\n",
            "event: x\r\ndata: one\r\n\r\n: comment\r\n\r\ndata:two\r\ndata: three\r\n\r\n",
            "event: x\rdata: one\r\r: comment\r\rdata:two\rdata: three\r\r",
        ] {
            let bytes = text.as_bytes();
            for cut in 0..=bytes.len() {
                assert_eq!(
                    whole(&[&bytes[..cut], &[], &bytes[cut..]]),
                    ["one", "two\nthree"],
                    "{text:?} at {cut}"
                );
            }
        }
    }

    #[test]
    fn is_bounded() {
        let mut events = Events::default();
        let mebibyte = vec![b'x'; 1024 * 1024];
        let pushes = (0..17)
            .map(|_| events.push(&mebibyte))
            .filter(Result::is_err)
            .count();
        assert!(pushes >= 1);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(chunks: Vec<Vec<u8>>) {
            let mut events = Events::default();
            for chunk in &chunks {
                let _ = events.push(chunk);
            }
        }
    }
}
