package mdns

import "slices"

// defaultLabel stands in for an empty name.
const defaultLabel = "breezeway"

// A Publication is one published service.
type Publication struct {
	responder *Responder

	// Guarded by responder.mu:
	service  Service
	label    string // the instance name now
	revision int    // of service
}

// Publish makes a service known, before or while Run runs. Its name may change
// when it is taken; see Publication.Name.
func (r *Responder) Publish(s Service) *Publication {
	s.TXT = slices.Clone(s.TXT)
	p := &Publication{responder: r, service: s, label: usableLabel(s.Instance)}
	r.mu.Lock()
	r.published = append(r.published, p)
	r.mu.Unlock()
	r.wake()
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
	r := p.responder
	r.mu.Lock()
	r.published = slices.DeleteFunc(r.published, func(o *Publication) bool { return o == p })
	r.mu.Unlock()
	r.wake()
}

// Update replaces the TXT record and tells everybody.
func (p *Publication) Update(txt []string) {
	r := p.responder
	r.mu.Lock()
	p.service.TXT = slices.Clone(txt)
	p.revision++
	r.mu.Unlock()
	r.wake()
}

// Name is the instance name as published now: Label of the one asked for, or
// that with a number behind it after a conflict.
func (p *Publication) Name() string {
	p.responder.mu.Lock()
	defer p.responder.mu.Unlock()
	return p.label
}

// renamed notes a service's new name, for Publication.Name and for whoever else
// announces it.
func (r *Responder) renamed(p *Publication, label string) {
	r.mu.Lock()
	p.label = label
	r.mu.Unlock()
	r.wake()
}

// A wish is a published service as the engine is to serve it.
type wish struct {
	pub      *Publication
	service  Service
	label    string
	revision int
}

func (r *Responder) wishes() []wish {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]wish, 0, len(r.published))
	for _, p := range r.published {
		list = append(list, wish{pub: p, service: p.service, label: p.label, revision: p.revision})
	}
	return list
}
