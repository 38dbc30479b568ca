//! The encoding of bytes that nothing declares: UTF-8 if they are that, else what Firefox guesses.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

/// How many bytes the guess rests on. It takes 40 to 90 ns a byte, a hundred times what decoding
/// does; this many bytes hold hundreds of words.
const SAMPLE: usize = 16 << 10;

pub(super) fn detect(bytes: &[u8]) -> &'static Encoding {
    if is_utf8(bytes) {
        return UTF_8;
    }
    // ISO-2022-JP is ASCII with escape sequences, which anything on the web may hold.
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut left = SAMPLE;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        // ASCII, such as scripts, is no evidence, but for the two bytes before a letter. No encoding
        // in question has a line feed within a character, so that lines may be left out.
        let ascii = Encoding::ascii_valid_up_to(line);
        if ascii == line.len() {
            continue;
        }
        let line = &line[ascii.saturating_sub(2)..];
        let line = &line[..line.len().min(left)];
        detector.feed(line, false);
        left -= line.len();
        if left == 0 {
            return detector.guess(None, Utf8Detection::Allow);
        }
    }
    // A character cut off counts against an encoding only where it is the body that ends.
    detector.feed(b"", true);
    detector.guess(None, Utf8Detection::Allow)
}

/// Whether bytes are UTF-8, or would be but for a few: a stray byte or a body cut off shouldn't
/// spoil the rest. Text in another encoding seldom has more letters that could be UTF-8 than others.
fn is_utf8(bytes: &[u8]) -> bool {
    const LETTERS_PER_ERROR: usize = 4;
    if Encoding::utf8_valid_up_to(bytes) == bytes.len() {
        return true;
    }
    let (mut letters, mut errors) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        letters += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count();
        errors += usize::from(!chunk.invalid().is_empty());
    }
    letters >= errors * LETTERS_PER_ERROR
}

#[cfg(test)]
mod tests {
    use encoding_rs::{
        BIG5, EUC_JP, EUC_KR, Encoding, GBK, KOI8_U, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1250,
        WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1255, WINDOWS_1256,
    };

    use super::{SAMPLE, detect};

    const TEXTS: [(&Encoding, &str); 13] = [
        (
            BIG5,
            "道可道，非常道。名可名，非常名。無名天地之始；有名萬物之母。",
        ),
        (
            EUC_JP,
            "吾輩は猫である。名前はまだ無い。ニャーニャー泣いていた。",
        ),
        (
            EUC_KR,
            "모든 국민은 법 앞에 평등하다. 누구든지 차별을 받지 아니한다.",
        ),
        (
            GBK,
            "道可道，非常道。名可名，非常名。无名天地之始；有名万物之母。",
        ),
        (KOI8_U, "Все счастливые семьи похожи друг на друга."),
        (
            SHIFT_JIS,
            "吾輩は猫である。名前はまだ無い。ニャーニャー泣いていた。",
        ),
        (WINDOWS_874, "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกัน"),
        (
            WINDOWS_1250,
            "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti.",
        ),
        (WINDOWS_1251, "Все счастливые семьи похожи друг на друга."),
        (
            WINDOWS_1252,
            "Longtemps, je me suis couché de bonne heure, déjà à moitié.",
        ),
        (
            WINDOWS_1253,
            "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι.",
        ),
        (
            WINDOWS_1255,
            "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם.",
        ),
        (
            WINDOWS_1256,
            "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق.",
        ),
    ];

    #[test]
    fn a_sentence_is_enough() {
        for (encoding, text) in TEXTS {
            assert_eq!(detect(&encoding.encode(text).0), encoding, "{text}");
        }
        let big5 = include_bytes!("../../../../tests-data/html5lib/chardet/test_big5.txt");
        assert_eq!(detect(big5), BIG5);
    }

    #[test]
    fn utf8_may_have_a_stray_byte_or_be_cut_off() {
        for (_, text) in TEXTS {
            let mut bytes = text.as_bytes().to_owned();
            bytes.push(b' ');
            bytes.push(0xff);
            assert_eq!(detect(&bytes), UTF_8, "{text}");
            let end = text.rfind(|c: char| !c.is_ascii()).unwrap();
            assert_eq!(detect(&text.as_bytes()[..=end]), UTF_8, "{text}");
        }
    }

    #[test]
    fn lone_bytes() {
        for (bytes, encoding) in [
            (&b"caf\xe9"[..], WINDOWS_1252),
            (b"\xa9 2020", WINDOWS_1252),
            (b"It\x92s", WINDOWS_1252),
            (b"\xff", WINDOWS_1252),
            (b"\x1b$B\x1b(B", UTF_8),
            (b"", UTF_8),
        ] {
            assert_eq!(detect(bytes), encoding, "{bytes:?}");
        }
    }

    #[test]
    fn ascii_is_no_evidence() {
        let (russian, _, _) = WINDOWS_1251.encode("Все счастливые семьи похожи друг на друга.");
        for ascii in ["x = 1;\n".repeat(SAMPLE), "x = 1; ".repeat(SAMPLE)] {
            let bytes = [ascii.as_bytes(), &russian].concat();
            assert_eq!(detect(&bytes), WINDOWS_1251);
        }
        let script = "x = 1;\n".repeat(SAMPLE);
        let bytes = [b"\xa9 2020\n", script.as_bytes(), &russian].concat();
        assert_eq!(detect(&bytes), WINDOWS_1251);
    }
}
