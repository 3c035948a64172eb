package ssdp

import (
	"errors"
	"maps"
	"slices"

	"github.com/rs/zerolog"

	"github.com/breezeway-audio/breezeway/pkg/netif"
)

// Stats counts what a Searcher did since its start.
type Stats struct {
	Rounds     uint64 // begun
	Sent       uint64 // datagrams
	SendErrors uint64
	Answers    uint64 // handed to OnAnswer
	Repeated   uint64 // the same answer once more in its round
	Irrelevant uint64 // devices that nobody searched for, as ssdp:all brings
	Malformed  uint64
	OffLink    uint64 // from another network
	Limited    uint64 // too many from one source, or too many devices
	// Failed holds the interfaces that cannot be searched on, by name.
	Failed map[string]error
}

// Stats returns the counts so far.
func (s *Searcher) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.Failed = maps.Clone(s.stats.Failed)
	return stats
}

func (s *Searcher) count(change func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.stats)
}

// fail notes that an interface cannot be searched on, and logs it the first
// time.
func (s *Searcher) fail(name string, err error) {
	if s.failedBefore(name, err) {
		return
	}
	level := zerolog.WarnLevel
	if errors.Is(err, errNoIPv4) {
		level = zerolog.InfoLevel // a cable without a network behind it, as a rule
	}
	s.options.Log.WithLevel(level).Err(err).Str("interface", name).
		Msg("cannot search for speakers on this interface, the others go on")
}

func (s *Searcher) failedBefore(name string, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, before := s.stats.Failed[name]
	if s.stats.Failed == nil {
		s.stats.Failed = make(map[string]error)
	}
	s.stats.Failed[name] = err
	return before
}

// recovered notes that an interface works, and logs it if it did not.
func (s *Searcher) recovered(name string) {
	s.mu.Lock()
	_, before := s.stats.Failed[name]
	delete(s.stats.Failed, name)
	s.mu.Unlock()
	if before {
		s.options.Log.Info().Str("interface", name).Msg("searching for speakers on this interface again")
	}
}

// forgetFailed drops the failures of interfaces that are there no more.
func (s *Searcher) forgetFailed(there []netif.Interface) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.stats.Failed, func(name string, _ error) bool {
		return !slices.ContainsFunc(there, func(i netif.Interface) bool { return i.Name == name })
	})
}
