package settings

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/audio"
)

// A Row is one setting of a speaker.
type Row struct {
	Variable string // sets it for all speakers; empty: only a rule does
	Key      string // sets it in a rule; empty: each of Choices stands alone
	Default  string
	Doc      string // a sentence without its full stop
	Note     string // ends Values; may be empty
	field
}

// A field is how one field of a Speaker is read, written and copied. Variables
// and rules read the same values, but for booleans, which have words of their
// own in both.
type field struct {
	values     string   // what the variable takes, for people
	ruleValues string   // what the key takes: "a whole number from 0 to 100"
	choices    []string // the words that the key takes; nil: other values than words
	freeText   bool     // any text, if set has nothing against it
	secret     bool
	set        func(s *Speaker, text string) error
	setByRule  func(s *Speaker, text string) error
	text       func(s *Speaker) string // what setByRule reads
	copy       func(to, from *Speaker)
}

// Values says what the variable takes.
func (r Row) Values() string { return r.values + r.Note }

// RuleValues says what the key takes in a rule.
func (r Row) RuleValues() string { return r.ruleValues }

// Choices are the words that the key takes; nil: it takes other values.
func (r Row) Choices() []string { return r.choices }

// FreeText reports whether the key takes any text, and words its errors itself.
func (r Row) FreeText() bool { return r.freeText }

// Secret reports whether the value must not be shown.
func (r Row) Secret() bool { return r.secret }

// Set reads the value of the variable, or the default of a row without one. The
// error says what is wrong, without the text: "below 192".
func (r Row) Set(s *Speaker, text string) error {
	if r.Variable == "" {
		return r.setByRule(s, text)
	}
	return r.set(s, text)
}

// SetByRule reads the value of the key, or the word that stands alone.
func (r Row) SetByRule(s *Speaker, text string) error { return r.setByRule(s, text) }

// Text gives what SetByRule reads; Hidden for a secret.
func (r Row) Text(s *Speaker) string { return r.text(s) }

// Copy sets this setting alone.
func (r Row) Copy(to, from *Speaker) { r.copy(to, from) }

// fieldOf is a field whose values variables and rules write in the same way.
func fieldOf[T any](at func(*Speaker) *T, parse func(string) (T, error), text func(T) string) field {
	set := func(s *Speaker, text string) error {
		v, err := parse(text)
		if err == nil {
			*at(s) = v
		}
		return err
	}
	return field{
		set:       set,
		setByRule: set,
		text:      func(s *Speaker) string { return text(*at(s)) },
		copy:      func(to, from *Speaker) { *at(to) = *at(from) },
	}
}

// choice takes the String of one of the values.
func choice[T fmt.Stringer](at func(*Speaker) *T, values ...T) field {
	return choiceOf(at, T.String, values...)
}

// codec takes the name of a codec; "auto" is audio.CodecUnknown.
func codec(at func(*Speaker) *audio.Codec) field {
	name := func(c audio.Codec) string {
		if c == audio.CodecUnknown {
			return "auto"
		}
		return c.String()
	}
	return choiceOf(at, name, audio.CodecUnknown, audio.FLAC, audio.WAV, audio.L16, audio.MP3)
}

// choiceOf takes the name of one of the values.
func choiceOf[T any](at func(*Speaker) *T, name func(T) string, values ...T) field {
	f := fieldOf(at, func(text string) (T, error) { return parseChoice(text, name, values) }, name)
	for _, v := range values {
		f.choices = append(f.choices, name(v))
	}
	f.values = listed(f.choices)
	f.ruleValues = f.values
	return f
}

// flags are words that stand alone in a rule.
func flags[T fmt.Stringer](at func(*Speaker) *T, values ...T) field {
	f := choice(at, values...)
	f.ruleValues = ""
	return f
}

// onOff takes "true" or "false" as a variable, "on" or "off" in a rule.
func onOff(at func(*Speaker) *bool) field {
	f := words(at, "on", "off")
	f.values = "true or false"
	f.set = func(s *Speaker, text string) error {
		on, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("neither true nor false")
		}
		*at(s) = on
		return nil
	}
	return f
}

// words is a field that is on by one word and off by the other.
func words(at func(*Speaker) *bool, on, off string) field {
	parse := func(text string) (bool, error) {
		switch {
		case strings.EqualFold(text, on):
			return true, nil
		case strings.EqualFold(text, off):
			return false, nil
		}
		return false, errors.New("not known")
	}
	text := func(v bool) string {
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

// autoOff takes "auto" or "off" as a variable, and ruleOn or "off" in a rule.
func autoOff(at func(*Speaker) *bool, ruleOn string) field {
	variable, f := words(at, "auto", "off"), words(at, ruleOn, "off")
	f.values, f.set = variable.values, variable.set
	return f
}

// number takes a whole number of low to high, of a unit.
func number(at func(*Speaker) *int, low, high int, unit string) field {
	f := fieldOf(at, func(text string) (int, error) { return parseNumber(text, low, high) }, strconv.Itoa)
	f.values = fmt.Sprintf("%d to %d %s", low, high, unit)
	f.ruleValues = fmt.Sprintf("a whole number from %d to %d", low, high)
	return f
}

// numberOf takes one of a few numbers, of a unit.
func numberOf(at func(*Speaker) *int, unit string, values ...int) field {
	var texts []string
	for _, v := range values {
		texts = append(texts, strconv.Itoa(v))
	}
	parse := func(text string) (int, error) {
		i := slices.Index(texts, strings.TrimSpace(text))
		if i < 0 {
			return 0, errors.New("not known")
		}
		return values[i], nil
	}
	f := fieldOf(at, parse, strconv.Itoa)
	f.ruleValues = listed(texts)
	f.values = f.ruleValues + " " + unit
	return f
}

// duration takes what time.ParseDuration does, from low to high.
func duration(at func(*Speaker) *time.Duration, low, high time.Duration) field {
	f := fieldOf(at, func(text string) (time.Duration, error) { return ParseDuration(text, low, high) }, time.Duration.String)
	f.values = fmt.Sprintf("duration, %v to %v", low, high)
	f.ruleValues = fmt.Sprintf("a duration from %v to %v", low, high)
	return f
}

// milliseconds takes a whole number of 0 to most.
func milliseconds(at func(*Speaker) *time.Duration, most int) field {
	parse := func(text string) (time.Duration, error) {
		ms, err := parseNumber(text, 0, most)
		return time.Duration(ms) * time.Millisecond, err
	}
	f := fieldOf(at, parse, func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) })
	f.ruleValues = fmt.Sprintf("a whole number from 0 to %d", most)
	return f
}

// startVolume takes a percentage.
func startVolume(at func(*Speaker) *StartVolume) field {
	parse := func(text string) (StartVolume, error) {
		percent, err := parseNumber(text, 0, 100)
		return StartVolume{Percent: percent, Set: true}, err
	}
	f := fieldOf(at, parse, func(v StartVolume) string { return strconv.Itoa(v.Percent) })
	f.values, f.ruleValues = "0 to 100 percent", "a whole number from 0 to 100"
	return f
}

// name takes an AirPlay name.
func name(at func(*Speaker) *string) field {
	f := fieldOf(at, ParseName, func(text string) string { return text })
	f.ruleValues, f.freeText = "a name", true
	return f
}

// password takes any text and does not show it.
func password(at func(*Speaker) *Secret) field {
	f := fieldOf(at, func(text string) (Secret, error) { return Secret(text), nil }, Secret.String)
	f.values, f.ruleValues, f.freeText, f.secret = "text", "a text", true, true
	return f
}
