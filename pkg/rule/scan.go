package rule

import (
	"errors"
	"strings"
)

const blanks = " \t\r"

var (
	errUnclosed = errors.New("the closing quote is missing")
	errTrailing = errors.New("there is text after a closing quote")
)

// A field is `key=value`, or a value alone.
type field struct {
	key   string
	value string
	keyed bool // it contained "="
}

// empty reports whether nothing was between two delimiters.
func (f field) empty() bool { return f == field{} }

// A scanner reads a text from left to right.
type scanner struct{ rest string }

// delimiter consumes the delimiter that ended a field or text; 0 at the end. After a
// delimiter that must be followed by something, line ends are skipped.
func (s *scanner) delimiter() byte {
	if s.rest == "" {
		return 0
	}
	m := s.rest[0]
	s.rest = s.rest[1:]
	if strings.IndexByte(",&:", m) >= 0 {
		s.rest = strings.TrimLeft(s.rest, blanks+"\n")
	}
	return m
}

// field reads up to the first of the stops that is not in quotes. The stop itself is
// read by delimiter.
func (s *scanner) field(stops string) (field, error) {
	first, err := s.text(stops + "=")
	if err == nil && strings.HasPrefix(s.rest, "=") {
		s.delimiter()
		var value string
		value, err = s.text(stops)
		return field{key: first, value: value, keyed: true}, err
	}
	s.bare(stops) // after an unclosed quote there may be a "="
	return field{value: first}, err
}

// text reads up to the first of the stops; the text may be in quotes.
func (s *scanner) text(stops string) (string, error) {
	s.rest = strings.TrimLeft(s.rest, blanks)
	if strings.HasPrefix(s.rest, `"`) {
		return s.quoted(stops)
	}
	return s.bare(stops), nil
}

// bare reads up to a stop. Quotes in it are text: 12" may be part of a name.
func (s *scanner) bare(stops string) string {
	end := strings.IndexAny(s.rest, stops)
	if end < 0 {
		end = len(s.rest)
	}
	text := strings.Trim(s.rest[:end], blanks)
	s.rest = s.rest[end:]
	return text
}

// quoted reads a text in quotes. A stop must follow.
func (s *scanner) quoted(stops string) (string, error) {
	var text strings.Builder
	for i := 1; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case c == '"':
			s.rest = s.rest[i+1:]
			if s.bare(stops) != "" {
				return "", errTrailing
			}
			return text.String(), nil
		case c == '\\' && i+1 < len(s.rest) && strings.IndexByte(`"\`, s.rest[i+1]) >= 0:
			i++
			text.WriteByte(s.rest[i])
		default:
			text.WriteByte(c)
		}
	}
	s.rest = ""
	return "", errUnclosed
}

// quote puts text into quotes where it needs them.
func quote(text string) string {
	if text != "" && text == strings.Trim(text, blanks) && !strings.ContainsAny(text, `",;:&=`+"\n") {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
