package raop

import "time"

// A Handler is implemented by the owner of a receiver, and called with everything
// that senders send. The calls for one session never overlap, come in the order of
// the sender's requests, and must not block. They may use every method of Session.
type Handler interface {
	// HandleEvent gets each request of a sender, before the sender gets its answer.
	HandleEvent(Event)
	// HandlePacket gets each packet of a session between its Play and its
	// Teardown as it arrives: out of order, twice, or not at all.
	HandlePacket(*Session, Packet)
}

// A Packet is one audio packet.
type Packet struct {
	Seq       uint16 // wraps
	Timestamp uint32 // frames, wraps
	Marker    bool   // first after RECORD or FLUSH; not every sender sets it
	Resent    bool   // the answer to a resend request, or repeated unasked
	Arrival   time.Time
	Payload   []byte // decrypted; valid only during the call
}

// An Event is one of Play, Flush, Pause, Volume, Metadata, Artwork, Progress
// and Teardown.
type Event interface{ event() }

// Play begins a session. Metadata, Artwork and Progress that the sender sent before it
// come right after it. It comes at RECORD, or at the first packet of a
// sender that sends no RECORD. After Flush and Pause the audio continues without
// another Play.
type Play struct {
	Session *Session
	// The first packet, as announced by RECORD, if Known.
	Seq       uint16
	Timestamp uint32 // frames
	Known     bool
}

// Flush discards all audio before a packet or, with All, everything sent so far.
type Flush struct {
	Seq       uint16
	Timestamp uint32 // frames
	All       bool
}

// Pause stops playback like a Flush with All; few senders send it.
type Pause struct{}

// Volume sets the volume.
type Volume struct {
	DB   float64 // -30 to 0
	Mute bool    // DB is -30 then
}

// Metadata describes the track. The owner gets it once, even if the sender repeats
// it.
type Metadata struct {
	Track Track
	State PlayState
}

// Artwork is the cover. The owner may keep Data; it is never changed.
type Artwork struct {
	Type string // "image/jpeg", "image/png", "image/gif", "image/webp"; empty: there is none
	Data []byte // up to 4 MiB
}

// Progress is the position in the track.
type Progress struct {
	At      time.Time // when the sender sent it
	Elapsed time.Duration
	Length  time.Duration // 0: not known, or radio
}

// Teardown ends a session. Each Play is followed by one.
type Teardown struct {
	Session *Session
	Reason  string // for a log line: "the sender ended it", "connection closed"
}

func (Play) event()     {}
func (Flush) event()    {}
func (Pause) event()    {}
func (Volume) event()   {}
func (Metadata) event() {}
func (Artwork) event()  {}
func (Progress) event() {}
func (Teardown) event() {}
