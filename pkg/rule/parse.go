package rule

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/breezeway-audio/breezeway/pkg/settings"
)

const (
	// maxTextBytes leaves room for rules for hundreds of speakers.
	maxTextBytes = 64 << 10
	// ends are the delimiters that end a rule or a group.
	ends = ";\n"
)

// A parser reads a text. It records what is wrong and continues after it.
type parser struct {
	scanner
	kind   string // "rule" or "group", for faults
	number int    // of the one being read, from 1
	secret bool   // it contained a password
	faults Faults
}

// newParser makes a parser. It refuses a text that is too long or not UTF-8.
func newParser(kind, text string) *parser {
	p := &parser{kind: kind}
	switch {
	case len(text) > maxTextBytes:
		p.faults = Faults{{kind + "s", fmt.Sprintf("longer than %d bytes", maxTextBytes)}}
	case !utf8.ValidString(text):
		p.faults = Faults{{kind + "s", "not UTF-8"}}
	default:
		p.rest = text
	}
	return p
}

// Parse reads rules. The error, if any, is a Faults with everything that is
// wrong.
func Parse(text string) (Rules, error) {
	p := newParser("rule", text)
	var rules Rules
	for p.rest != "" {
		p.number++
		r, found := p.rule()
		if found {
			rules = append(rules, r)
		} else {
			p.number-- // there was nothing between two delimiters
		}
	}
	if len(p.faults) > 0 {
		return nil, p.faults
	}
	return rules, nil
}

// rule reads one rule and the delimiter behind it, and reports whether there was
// one.
func (p *parser) rule() (r Rule, found bool) {
	for {
		f, err := p.field("&:" + ends)
		end := p.delimiter()
		if nothing := err == nil && f.empty() && end != '&' && end != ':'; nothing && len(r.selectors) == 0 {
			return r, false
		}
		r.selectors = append(r.selectors, p.selector(f, err))
		switch end {
		case '&':
			// Another selector follows
		case ':':
			r.settings = p.settings()
			return r, true
		default:
			p.fault("", errors.New("the colon and the settings are missing"))
			return r, true
		}
	}
}

// selector makes a selector from a field; err is from reading the field.
func (p *parser) selector(f field, err error) selector {
	key := selectorKeys[0]
	if f.keyed {
		key = strings.ToLower(f.key)
	}
	if !slices.Contains(selectorKeys, key) {
		p.unknown(key, selectorKeys)
		return selector{}
	}
	var s selector
	if err == nil {
		s, err = newSelector(key, f.value)
	}
	p.fault(key, err)
	return s
}

// settings reads up to the end of the rule.
func (p *parser) settings() Settings {
	var s Settings
	before := len(p.faults)
	for end := byte(','); end == ','; {
		f, err := p.field(",:" + ends)
		end = p.delimiter()
		if err == nil && end == ':' {
			err = errors.New("a colon must be in quotes, and a semicolon ends a rule")
			p.bare(ends) // what follows is part of the same mistake
			end = p.delimiter()
		}
		if err != nil || !f.empty() {
			p.setting(&s, f, err)
		}
	}
	if len(p.faults) == before {
		p.fault("", s.check())
	}
	return s
}

// setting stores a field in s; err is from reading the field.
func (p *parser) setting(s *Settings, f field, err error) {
	word := strings.ToLower(f.key)
	if !f.keyed {
		word = strings.ToLower(f.value)
	}
	row := rowOf(word)
	switch {
	case row < 0 && err == nil:
		p.unknown(word, words())
	case row < 0:
		p.fault("", err)
	case err != nil:
		p.fault(word, err)
	default:
		p.fault(word, s.set(row, f))
	}
	p.secret = p.secret || row >= 0 && settings.Table[row].Secret()
}

// unknown records an unknown word. After a password it may be a part of the password,
// and is not shown.
func (p *parser) unknown(word string, known []string) {
	if p.secret {
		p.fault("", errors.New("what follows the password is not known: the password may need quotes"))
		return
	}
	word, _, _ = strings.Cut(word, " ")
	p.fault("", unknown(word, known))
}

// fault records an error if it is not nil.
func (p *parser) fault(at string, err error) {
	if err == nil {
		return
	}
	where := fmt.Sprintf("%s %d", p.kind, p.number)
	if at != "" {
		where += ", " + at
	}
	p.faults = append(p.faults, Fault{Where: where, Problem: err.Error()})
}
