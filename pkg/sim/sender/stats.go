package sender

import "sync"

// Stats count what a sender did.
type Stats struct {
	Frames         int64 // of sound sent, lost ones too
	Packets        int   // of audio, each counted once
	Lost           int   // of audio, first or resent, thrown away
	Duplicated     int
	Reordered      int
	Syncs          int
	TimingRequests int // answered
	ResendRequests int
	Resent         int // packets, lost ones too
	Unavailable    int // packets asked for that are no longer kept
}

type counters struct {
	mu    sync.Mutex // guards stats
	stats Stats
}

func (m *counters) count(update func(*Stats)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	update(&m.stats)
}

func (m *counters) snapshot() Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stats
}
