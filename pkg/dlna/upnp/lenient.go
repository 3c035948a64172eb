package upnp

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of a document's structure, so that its decoded form cannot become much larger
// than that of a real device: Sonos' longest SCPD has some 3000 elements.
const (
	maxElements = 16384
	maxDepth    = 64
)

// errShape marks a document beyond these bounds.
var errShape = fmt.Errorf("%w shape", ErrMalformed)

// decode reads a document into v after repair.
func decode(document []byte, v any) error { return decodeText(repair(document), v) }

// DecodeInner reads a document that is a text inside another one, such as Sonos'
// ZoneGroupState, into v. It tolerates the same faults as decode.
func DecodeInner(document string, v any) error { return decodeText(repairInner(document), v) }

func decodeText(text []byte, v any) error {
	if err := checkShape(text); err != nil {
		return err
	}
	if err := newDecoder(text).Decode(v); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

// newDecoder is a decoder that tolerates what repair does not fix: end tags that are
// missing or wrong, attributes without quotes.
func newDecoder(text []byte) *xml.Decoder {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.Strict = false
	return d
}

// checkShape reads text once without storing it and fails if it has no element, too
// many, or too deeply nested ones.
func checkShape(text []byte) error {
	d := newDecoder(text)
	elements, depth := 0, 0
	for {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && elements > 0:
			return nil
		case err != nil:
			return fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		switch token.(type) {
		case xml.StartElement:
			elements++
			depth++
		case xml.EndElement:
			depth--
		}
		if elements > maxElements || depth > maxDepth {
			return fmt.Errorf("%w: more than %d elements or %d levels", errShape, maxElements, maxDepth)
		}
	}
}

// repair turns the XML of devices into valid UTF-8 XML: it removes the declaration and
// decodes the encoding that it names, removes characters that XML forbids, and escapes
// an ampersand that begins no reference. It does not change the meaning of a document
// without such faults.
func repair(document []byte) []byte {
	encoding, text := cutDeclaration(trim(document))
	return escapeAmpersands(toUTF8(text, singleByte(encoding)))
}

// repairInner is repair for a document inside another one. It is decoded to UTF-8
// already, whatever its declaration says.
func repairInner(document string) []byte {
	_, text := cutDeclaration(trim([]byte(document)))
	return escapeAmpersands(toUTF8(text, false))
}

// trim removes white space and the like around a document.
func trim(document []byte) []byte {
	return bytes.Trim(bytes.TrimPrefix(document, []byte("\xef\xbb\xbf")), " \t\r\n\x00")
}

// cutDeclaration splits `<?xml ... encoding="..." ...?>` off and returns the
// encoding in lower case, "" if there is none.
func cutDeclaration(document []byte) (encoding string, rest []byte) {
	if !bytes.HasPrefix(document, []byte("<?xml ")) {
		return "", document
	}
	declaration, rest, found := bytes.Cut(document, []byte("?>"))
	if !found {
		return "", document
	}
	_, value, _ := strings.Cut(string(declaration), "encoding")
	value = strings.TrimLeft(value, " \t\r\n=")
	if value == "" {
		return "", rest
	}
	value, _, _ = strings.Cut(value[1:], value[:1]) // between quotes of either kind
	return strings.ToLower(value), rest
}

func singleByte(encoding string) bool {
	switch encoding {
	case "iso-8859-1", "iso_8859-1", "iso8859-1", "latin1", "latin-1", "windows-1252", "cp1252":
		return true
	}
	return false
}

// windows1252 is the characters 0x80 to 0x9F, where ISO-8859-1 has only control
// characters. A document declared as ISO-8859-1 that uses them is Windows-1252.
var windows1252 = [32]rune{
	'€', utf8.RuneError, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', utf8.RuneError, 'Ž', utf8.RuneError,
	utf8.RuneError, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', utf8.RuneError, 'ž', 'Ÿ',
}

// toUTF8 decodes text, dropping what is no XML character. In UTF-8 an invalid byte is
// decoded as Windows-1252, the most likely encoding.
func toUTF8(text []byte, single bool) []byte {
	out := make([]byte, 0, len(text)+len(text)/8)
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf && !single {
			r, size = utf8.DecodeRune(text[i:])
		}
		if size == 1 && r >= utf8.RuneSelf {
			r = decodeWindows1252(text[i])
		}
		if xmlCharacter(r) {
			out = utf8.AppendRune(out, r)
		}
		i += size
	}
	return out
}

func decodeWindows1252(b byte) rune {
	if b >= 0x80 && b < 0xa0 {
		return windows1252[b-0x80]
	}
	return rune(b)
}

// xmlCharacter reports whether r is allowed in a document (XML 1.0 section 2.2).
func xmlCharacter(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' ||
		r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 && r <= 0x10ffff
}

var (
	cdataOpen  = []byte("<![CDATA[")
	cdataClose = []byte("]]>")
)

// escapeAmpersands escapes each & outside CDATA that begins no predefined or numeric
// reference, and drops references to forbidden characters.
func escapeAmpersands(text []byte) []byte {
	out := make([]byte, 0, len(text)+len(text)/16)
	for {
		i := bytes.IndexAny(text, "&<")
		if i < 0 {
			return append(out, text...)
		}
		out, text = append(out, text[:i]...), text[i:]
		n := 1
		switch {
		case bytes.HasPrefix(text, cdataOpen):
			n = cdataLen(text)
			out = append(out, text[:n]...)
		case text[0] == '<':
			out = append(out, '<')
		default:
			var reference []byte
			reference, n = cutReference(text)
			out = append(out, reference...)
		}
		text = text[n:]
	}
}

// cdataLen is the length of the CDATA section at the start of text; without an end it
// is the length of text.
func cdataLen(text []byte) int {
	if i := bytes.Index(text, cdataClose); i >= 0 {
		return i + len(cdataClose)
	}
	return len(text)
}

const maxReferenceBytes = len("&#x0010FFFF;")

// cutReference examines text, which begins with &, and returns what to write for its
// first n bytes.
func cutReference(text []byte) (write []byte, n int) {
	name, _, found := bytes.Cut(text[1:min(len(text), maxReferenceBytes)], []byte(";"))
	whole := text[:min(len(text), len(name)+2)]
	if found {
		switch string(name) {
		case "amp", "lt", "gt", "quot", "apos":
			return whole, len(whole)
		}
		if r, ok := numericReference(string(name)); ok && xmlCharacter(r) {
			return whole, len(whole)
		} else if ok {
			return nil, len(whole)
		}
	}
	return []byte("&amp;"), 1
}

// numericReference reads the inside of a character reference: "#233", "#xE9".
func numericReference(name string) (rune, bool) {
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		return 0, false
	}
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	r, err := strconv.ParseUint(digits, base, 31)
	return rune(r), err == nil
}
