package web_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A strict reader of the text format of Prometheus 0.0.4: stricter than
// Prometheus, which forgives much.

var (
	metricName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	labelName  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	// units are how names end, before "_total".
	units = regexp.MustCompile(`_(seconds|bytes|ratio|ppm|info)$`)
)

// A parsedFamily is one name with its series, by their labels in order.
type parsedFamily struct {
	name, kind, help string
	series           map[string]float64
	labels           []map[string]string
}

// parseExposition reads a whole answer.
func parseExposition(text string) ([]*parsedFamily, error) {
	if text == "" || !strings.HasSuffix(text, "\n") {
		return nil, fmt.Errorf("the last line does not end")
	}
	var families []*parsedFamily
	var current *parsedFamily
	known := make(map[string]bool)
	for number, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		var err error
		switch {
		case strings.HasPrefix(line, "# HELP "):
			current, err = parseHelp(line, known)
			families = append(families, current)
		case current == nil:
			err = fmt.Errorf("no HELP before it")
		case strings.HasPrefix(line, "# TYPE "):
			err = current.parseType(line)
		default:
			err = current.parseSample(line)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d %q: %w", number+1, line, err)
		}
	}
	for _, f := range families {
		if len(f.series) == 0 {
			return nil, fmt.Errorf("%s has no series", f.name)
		}
	}
	return families, nil
}

func parseHelp(line string, known map[string]bool) (*parsedFamily, error) {
	name, help, _ := strings.Cut(strings.TrimPrefix(line, "# HELP "), " ")
	switch {
	case !metricName.MatchString(name):
		return nil, fmt.Errorf("bad name %q", name)
	case known[name]:
		return nil, fmt.Errorf("%s comes twice", name)
	case help == "" || strings.Contains(help, `\`):
		return nil, fmt.Errorf("bad help %q", help)
	}
	known[name] = true
	return &parsedFamily{name: name, help: help, series: make(map[string]float64)}, nil
}

func (f *parsedFamily) parseType(line string) error {
	f.kind = strings.TrimPrefix(line, "# TYPE "+f.name+" ")
	base, total := strings.CutSuffix(f.name, "_total")
	switch {
	case len(f.series) > 0:
		return fmt.Errorf("TYPE after the series")
	case f.kind != "counter" && f.kind != "gauge":
		return fmt.Errorf("bad type %q", f.kind)
	case (f.kind == "counter") != total:
		return fmt.Errorf("a counter, and nothing else, ends in _total")
	case units.MatchString(f.name) && base != f.name:
		return fmt.Errorf("the unit stands before _total")
	}
	return nil
}

// parseSample reads name{label="value",...} number.
func (f *parsedFamily) parseSample(line string) error {
	rest, ok := strings.CutPrefix(line, f.name)
	if !ok || f.kind == "" {
		return fmt.Errorf("it is not of %s, or that has no type", f.name)
	}
	labels := make(map[string]string)
	var err error
	if strings.HasPrefix(rest, "{") {
		if labels, rest, err = parseLabels(rest[1:]); err != nil {
			return err
		}
	}
	number, ok := strings.CutPrefix(rest, " ")
	value, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || strings.TrimSpace(number) != number {
		return fmt.Errorf("bad number %q", rest)
	}
	key := keyOf(labels)
	if _, twice := f.series[key]; twice {
		return fmt.Errorf("the series %s comes twice", key)
	}
	f.series[key], f.labels = value, append(f.labels, labels)
	return nil
}

// keyOf writes labels in one way, whatever their order.
func keyOf(labels map[string]string) string {
	var parts []string
	for name, value := range labels {
		parts = append(parts, name+"="+strconv.Quote(value))
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// parseLabels reads up to and with the closing brace.
func parseLabels(text string) (labels map[string]string, rest string, err error) {
	labels = make(map[string]string)
	for {
		name, after, ok := strings.Cut(text, `="`)
		if !ok || !labelName.MatchString(name) || labels[name] != "" {
			return nil, "", fmt.Errorf("bad label at %q", text)
		}
		value, after, err := parseValue(after)
		if err != nil {
			return nil, "", err
		}
		labels[name] = value
		switch {
		case strings.HasPrefix(after, "}"):
			return labels, after[1:], nil
		case strings.HasPrefix(after, ","):
			text = after[1:]
		default:
			return nil, "", fmt.Errorf("bad end of a label at %q", after)
		}
	}
}

var valueEscapes = map[byte]byte{'\\': '\\', '"': '"', 'n': '\n'}

// parseValue reads up to and with the closing quote.
func parseValue(text string) (value, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			if b.Len() == 0 {
				return "", "", fmt.Errorf("a label is empty")
			}
			return b.String(), text[i+1:], nil
		case '\\':
			i++
			if i == len(text) || valueEscapes[text[i]] == 0 {
				return "", "", fmt.Errorf("bad escape in %q", text)
			}
			b.WriteByte(valueEscapes[text[i]])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", fmt.Errorf("a value does not end: %q", text)
}
