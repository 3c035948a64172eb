package rule

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/breezeway-audio/breezeway/pkg/glob"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// maxGroups bounds the number of AirPlay speakers that groups add.
const maxGroups = 32

// A Group is several speakers that are offered as one.
type Group struct {
	Name    string
	members []member
}

// A member matches the own names of speakers.
type member struct {
	pattern string // as written
	glob    glob.Pattern
}

// Groups are in the order of the text. No two have the same name.
type Groups []Group

// Has reports whether a speaker of that own name belongs to the group.
func (g Group) Has(name string) bool {
	return slices.ContainsFunc(g.members, func(m member) bool { return m.glob.Matches(name) })
}

// String is a text that ParseGroups reads as the same groups.
func (gs Groups) String() string {
	texts := make([]string, len(gs))
	for i, g := range gs {
		patterns := make([]string, len(g.members))
		for j, m := range g.members {
			patterns[j] = quote(m.pattern)
		}
		texts[i] = quote(g.Name) + "=" + strings.Join(patterns, ",")
	}
	return strings.Join(texts, "; ")
}

// ParseGroups reads groups: a name, "=", and globs with commas between them.
// The error, if any, is a Faults with everything that is wrong.
func ParseGroups(text string) (Groups, error) {
	p := newParser("group", text)
	var groups Groups
	for p.rest != "" {
		p.number++
		g, found := p.group()
		if !found {
			p.number-- // there was nothing between two delimiters
			continue
		}
		taken := slices.ContainsFunc(groups, func(other Group) bool { return glob.Fold(other.Name) == glob.Fold(g.Name) })
		if taken && g.Name != "" {
			p.fault(g.Name, errors.New("another group has this name"))
		}
		groups = append(groups, g)
	}
	if len(groups) > maxGroups {
		p.faults = append(p.faults, Fault{"groups", fmt.Sprintf("more than %d", maxGroups)})
	}
	if len(p.faults) > 0 {
		return nil, p.faults
	}
	return groups, nil
}

// group reads one group and the delimiter behind it, and reports whether there
// was one.
func (p *parser) group() (g Group, found bool) {
	name, err := p.text("=" + ends)
	end := p.delimiter()
	if err == nil && name == "" && end != '=' {
		return g, false
	}
	if err == nil {
		g.Name, err = settings.ParseName(name)
	}
	p.fault(name, err)
	for end == '=' || end == ',' {
		var pattern string
		pattern, err = p.text("," + ends)
		end = p.delimiter()
		p.fault(g.Name, err)
		if pattern != "" {
			g.members = append(g.members, member{pattern, glob.New(pattern)})
		}
	}
	if len(g.members) == 0 && err == nil {
		p.fault(g.Name, errors.New("it has no members"))
	}
	return g, true
}
