package rule

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/settings"
	"github.com/breezeway-audio/breezeway/pkg/spelling"
)

// Settings are those that rules set for one speaker. They can be compared with ==.
type Settings struct {
	values settings.Speaker
	given  uint64 // bit i: the setting of settings.Table[i] is in values
}

// Over returns the speaker's settings, overridden by those of the rules. If the lowest
// volume is above the highest then, it is set to the highest: one of the two may be
// set for all speakers, the other one for this speaker.
func (s Settings) Over(speaker settings.Speaker) settings.Speaker {
	for i, row := range settings.Table {
		if s.has(i) {
			row.Copy(&speaker, &s.values)
		}
	}
	speaker.Volume.Min = min(speaker.Volume.Min, speaker.Volume.Max)
	return speaker
}

func (s Settings) has(i int) bool { return s.given&(1<<i) != 0 }

// override replaces settings by those of a later rule.
func (s *Settings) override(later Settings) {
	for i, row := range settings.Table {
		if later.has(i) {
			row.Copy(&s.values, &later.values)
		}
	}
	s.given |= later.given
}

// set reads a field of the text.
func (s *Settings) set(i int, f field) error {
	row := settings.Table[i]
	alone := row.RuleValues() == "" // a word without a value
	switch {
	case s.has(i):
		return errors.New("it is set twice")
	case alone && f.keyed:
		return errors.New("it must not have a value")
	case !alone && !f.keyed:
		return fmt.Errorf("a value is missing: %s", row.RuleValues())
	}
	if err := row.SetByRule(&s.values, f.value); err != nil {
		return problem(row, f.value, err)
	}
	s.given |= 1 << i
	return nil
}

// problem is the error of a value in the wording of rules.
func problem(row settings.Row, text string, err error) error {
	switch {
	case row.FreeText():
		return err
	case row.Choices() != nil:
		return unknown(text, row.Choices())
	}
	return fmt.Errorf("%q is not %s", text, row.RuleValues())
}

// unknown is the error for an unknown word.
func unknown(word string, known []string) error {
	return fmt.Errorf("%q is not known, the nearest is %q", word, spelling.Nearest(word, known))
}

// check finds contradictions within one rule.
func (s *Settings) check() error {
	if s.given == 0 {
		return errors.New("the settings after the colon are missing")
	}
	v := s.values.Volume
	if s.has(rowOf("volume-min")) && s.has(rowOf("volume-max")) && v.Min > v.Max {
		return fmt.Errorf("volume-min %d is above volume-max %d", v.Min, v.Max)
	}
	return nil
}

// String is the settings in the syntax of rules, in the order of the table, with
// passwords hidden.
func (s Settings) String() string {
	var texts []string
	for i, row := range settings.Table {
		switch {
		case !s.has(i):
			// No rule sets it
		case row.Key == "":
			texts = append(texts, row.Text(&s.values))
		default:
			texts = append(texts, row.Key+"="+quote(row.Text(&s.values)))
		}
	}
	return strings.Join(texts, ", ")
}

// GoString keeps passwords out of %#v.
func (s Settings) GoString() string { return fmt.Sprintf("rule.Settings(%q)", s.String()) }

// rowOf is the index of a word in settings.Table, -1 if it is unknown.
func rowOf(word string) int {
	return slices.IndexFunc(settings.Table, func(r settings.Row) bool { return slices.Contains(wordsOf(r), word) })
}

// wordsOf are the words that may begin a setting.
func wordsOf(r settings.Row) []string {
	if r.Key == "" {
		return r.Choices()
	}
	return []string{r.Key}
}

// words are the words of all settings.
func words() []string {
	var all []string
	for _, r := range settings.Table {
		all = append(all, wordsOf(r)...)
	}
	return all
}
