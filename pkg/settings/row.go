package settings

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// A Row is one setting of a speaker.
type Row struct {
	Variable string // sets it for all speakers; empty: only a rule does
	Key      string // sets it in a rule; empty: a rule has one of Choices without a key
	Default  string
	Doc      string // a sentence without its full stop
	Note     string // ends Values; may be empty
	field
}

// A field is how one field of a Speaker is read, checked, written and copied.
// Variables and rules accept the same values, except that booleans are written in
// different words.
type field struct {
	of         reflect.Type
	parse      func(text string) (any, error) // parses the value of the variable to type of; bounds are not checked
	values     string                         // the values of the variable, for people
	ruleValues string                         // the values of the key: "a whole number from 0 to 100"
	choices    []string                       // the values of the key, if they are words
	freeText   bool                           // the values are texts; errors need no further words
	secret     bool
	set        func(s *Speaker, text string) error // sets the value of the variable; bounds are checked
	setByRule  func(s *Speaker, text string) error
	check      func(s *Speaker) error
	text       func(s *Speaker) string // what setByRule reads
	copy       func(to, from *Speaker)
}

// Values describes the values of the variable.
func (r Row) Values() string { return r.values + r.Note }

// RuleValues describes the values of the key in a rule; empty where there is no key.
func (r Row) RuleValues() string { return r.ruleValues }

// Choices are the values of the key, if they are words; else nil.
func (r Row) Choices() []string { return r.choices }

// FreeText reports whether the values are texts, whose errors are whole sentences.
func (r Row) FreeText() bool { return r.freeText }

// Secret reports whether the value must not be shown.
func (r Row) Secret() bool { return r.secret }

// Parsers returns the parser of variables' values for each type of field. A type has
// one parser: settings that are written in different words are of different types,
// such as bool and AutoOff. Bounds are checked by Row.Check.
func Parsers() map[reflect.Type]func(text string) (any, error) {
	parsers := make(map[reflect.Type]func(string) (any, error))
	for _, row := range Table {
		if row.Variable != "" {
			parsers[row.of] = row.parse
		}
	}
	return parsers
}

// Check returns an error if the value in s is out of bounds. The error does not
// repeat the value: "below 192".
func (r Row) Check(s *Speaker) error { return r.check(s) }

// setDefault sets the row's default, which is written like the value of its variable,
// or of its key if there is no variable.
func (r Row) setDefault(s *Speaker) error {
	switch {
	case r.Default == "":
		return nil
	case r.Variable == "":
		return r.setByRule(s, r.Default)
	}
	return r.set(s, r.Default)
}

// SetByRule reads the value of the key, or the word without a key. Its errors are
// like those of Check.
func (r Row) SetByRule(s *Speaker, text string) error { return r.setByRule(s, text) }

// Text gives what SetByRule reads; Hidden for a secret.
func (r Row) Text(s *Speaker) string { return r.text(s) }

// Copy sets this setting alone.
func (r Row) Copy(to, from *Speaker) { r.copy(to, from) }

// fieldOf is a field whose values are written in the same way in variables and
// rules, without bounds.
func fieldOf[T any](at func(*Speaker) *T, parse func(string) (T, error), text func(T) string) field {
	return boundedField(at, parse, text, func(T) error { return nil })
}

// boundedField is a fieldOf with bounds: check refuses values that are outside.
func boundedField[T any](at func(*Speaker) *T, parse func(string) (T, error), text func(T) string, check func(T) error) field {
	set := func(s *Speaker, text string) error {
		v, err := parse(text)
		if err == nil {
			err = check(v)
		}
		if err == nil {
			*at(s) = v
		}
		return err
	}
	return field{
		of:        reflect.TypeFor[T](),
		parse:     func(text string) (any, error) { return parse(text) },
		set:       set,
		setByRule: set,
		check:     func(s *Speaker) error { return check(*at(s)) },
		text:      func(s *Speaker) string { return text(*at(s)) },
		copy:      func(to, from *Speaker) { *at(to) = *at(from) },
	}
}

// choice accepts the String of one of the values.
func choice[T fmt.Stringer](at func(*Speaker) *T, values ...T) field {
	return choiceOf(at, T.String, values...)
}

// codec accepts the name of a codec; "auto" is audio.CodecUnknown.
func codec(at func(*Speaker) *audio.Codec) field {
	name := func(c audio.Codec) string {
		if c == audio.CodecUnknown {
			return "auto"
		}
		return c.String()
	}
	return choiceOf(at, name, audio.CodecUnknown, audio.FLAC, audio.WAV, audio.L16, audio.MP3)
}

// choiceOf accepts the name of one of the values.
func choiceOf[T any](at func(*Speaker) *T, name func(T) string, values ...T) field {
	f := fieldOf(at, func(text string) (T, error) { return parseChoice(text, name, values) }, name)
	for _, v := range values {
		f.choices = append(f.choices, name(v))
	}
	f.values = listed(f.choices)
	f.ruleValues = f.values
	return f
}

// flags accepts words that a rule has without a key.
func flags[T fmt.Stringer](at func(*Speaker) *T, values ...T) field {
	f := choice(at, values...)
	f.ruleValues = ""
	return f
}

// onOff accepts "true" or "false" as a variable, "on" or "off" in a rule.
func onOff(at func(*Speaker) *bool) field {
	variable, f := fieldOf(at, parseBool, strconv.FormatBool), words(at, "on", "off")
	f.values, f.parse, f.set = "true or false", variable.parse, variable.set
	return f
}

// words accepts one word for true and one for false.
func words[T ~bool](at func(*Speaker) *T, on, off string) field {
	parse := func(text string) (T, error) {
		switch {
		case strings.EqualFold(text, on):
			return true, nil
		case strings.EqualFold(text, off):
			return false, nil
		}
		return false, errors.New("not known")
	}
	text := func(v T) string {
		if v {
			return on
		}
		return off
	}
	f := fieldOf(at, parse, text)
	f.choices = []string{on, off}
	f.values = listed(f.choices)
	f.ruleValues = f.values
	return f
}

// autoOff accepts "auto" or "off" as a variable, and ruleOn or "off" in a rule.
func autoOff(at func(*Speaker) *AutoOff, ruleOn string) field {
	variable, f := words(at, "auto", "off"), words(at, ruleOn, "off")
	f.values, f.parse, f.set = variable.values, variable.parse, variable.set
	return f
}

// number accepts a whole number from low to high; unit is for people.
func number(at func(*Speaker) *int, low, high int, unit string) field {
	f := boundedField(at, parseNumber, strconv.Itoa, within(low, high))
	f.values = fmt.Sprintf("%d to %d %s", low, high, unit)
	f.ruleValues = fmt.Sprintf("a whole number from %d to %d", low, high)
	return f
}

// bitrate accepts one of the values.
func bitrate(at func(*Speaker) *Bitrate, values ...Bitrate) field {
	name := func(b Bitrate) string { return strconv.Itoa(int(b)) }
	var texts []string
	for _, v := range values {
		texts = append(texts, name(v))
	}
	parse := func(text string) (Bitrate, error) {
		i := slices.Index(texts, strings.TrimSpace(text))
		if i < 0 {
			return 0, errors.New("not known")
		}
		return values[i], nil
	}
	f := fieldOf(at, parse, name)
	f.ruleValues = listed(texts)
	f.values = f.ruleValues + " kbit/s"
	return f
}

// duration accepts what time.ParseDuration reads, from low to high.
func duration(at func(*Speaker) *time.Duration, low, high time.Duration) field {
	f := boundedField(at, parseDuration, time.Duration.String, within(low, high))
	f.values = fmt.Sprintf("duration, %v to %v", low, high)
	f.ruleValues = fmt.Sprintf("a duration from %v to %v", low, high)
	return f
}

// milliseconds accepts a whole number from 0 to most.
func milliseconds(at func(*Speaker) *time.Duration, most int) field {
	parse := func(text string) (time.Duration, error) {
		ms, err := parseNumber(text)
		if err == nil {
			err = Outside(ms, 0, most) // here, because larger numbers overflow a Duration
		}
		return time.Duration(ms) * time.Millisecond, err
	}
	f := fieldOf(at, parse, func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) })
	f.ruleValues = fmt.Sprintf("a whole number from 0 to %d", most)
	return f
}

// startVolume accepts a percentage.
func startVolume(at func(*Speaker) *StartVolume) field {
	parse := func(text string) (StartVolume, error) {
		percent, err := parseNumber(text)
		return StartVolume{Percent: percent, Set: true}, err
	}
	text := func(v StartVolume) string { return strconv.Itoa(v.Percent) }
	f := boundedField(at, parse, text, func(v StartVolume) error { return Outside(v.Percent, 0, 100) })
	f.values, f.ruleValues = "0 to 100 percent", "a whole number from 0 to 100"
	return f
}

// name accepts an AirPlay name.
func name(at func(*Speaker) *string) field {
	f := fieldOf(at, ParseName, func(text string) string { return text })
	f.ruleValues, f.freeText = "a name", true
	return f
}

// password accepts any text and does not show it.
func password(at func(*Speaker) *Secret) field {
	f := fieldOf(at, func(text string) (Secret, error) { return Secret(text), nil }, Secret.String)
	f.values, f.ruleValues, f.freeText, f.secret = "text", "a text", true, true
	return f
}
