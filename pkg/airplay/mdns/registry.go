package mdns

import (
	"slices"
	"sync"
)

// defaultLabel stands in for an empty name.
const defaultLabel = "breezeway"

// A registry holds the services to publish, for whoever announces them.
type registry struct {
	changed func() // called after each change, without the lock

	mu        sync.Mutex // guards published, and the labels of publications
	published []*Publication
}

// A Publication is one published service.
type Publication struct {
	registry *registry
	service  Service
	label    string // the instance name now; guarded by registry.mu
}

func (g *registry) publish(s Service) *Publication {
	s.TXT = slices.Clone(s.TXT)
	p := &Publication{registry: g, service: s, label: usableLabel(s.Instance)}
	g.mu.Lock()
	g.published = append(g.published, p)
	g.mu.Unlock()
	g.changed()
	return p
}

func usableLabel(text string) string {
	if label := Label(text); label != "" {
		return label
	}
	return defaultLabel
}

// Withdraw takes back this service's records and no others. It may be called
// twice.
func (p *Publication) Withdraw() {
	g := p.registry
	g.mu.Lock()
	g.published = slices.DeleteFunc(g.published, func(o *Publication) bool { return o == p })
	g.mu.Unlock()
	g.changed()
}

// Name is the instance name as published now: Label of the one asked for, or
// that with a number behind it after a conflict.
func (p *Publication) Name() string {
	p.registry.mu.Lock()
	defer p.registry.mu.Unlock()
	return p.label
}

// rename notes a service's new name, for Publication.Name and for whoever else
// announces it.
func (g *registry) rename(p *Publication, label string) {
	g.mu.Lock()
	p.label = label
	g.mu.Unlock()
	g.changed()
}

// An order is a service to announce, under the name that it has now.
type order struct {
	pub     *Publication
	service Service
	label   string
}

func (g *registry) orders() []order {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := make([]order, 0, len(g.published))
	for _, p := range g.published {
		list = append(list, order{pub: p, service: p.service, label: p.label})
	}
	return list
}

// renamings lists the services that go by another name than asked for.
func (g *registry) renamings() []Renaming {
	g.mu.Lock()
	defer g.mu.Unlock()
	var list []Renaming
	for _, p := range g.published {
		if wanted := usableLabel(p.service.Instance); wanted != p.label {
			list = append(list, Renaming{Wanted: wanted, Now: p.label})
		}
	}
	return list
}
