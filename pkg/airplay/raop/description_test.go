package raop_test

import (
	"slices"
	"testing"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
)

const jpegBody = "\xff\xd8\xff\xe0 and so on"

// describes sends the cover and the position of a track.
func (s *sender) describes() {
	s.t.Helper()
	s.want(200, "SET_PARAMETER", "Content-Type: image/jpeg\n", jpegBody)
	s.want(200, "SET_PARAMETER", "Content-Type: text/parameters\n", "progress: 0/44100/441000\r\n")
}

// A session that never plays leaves nothing behind for the next one.
func TestDescriptionOfASessionThatNeverPlaysIsDropped(t *testing.T) {
	owner := newRecorder()
	r := startReceiver(t, raop.Options{Handler: owner})
	s := newSender(t, r, loopback)
	for _, state := range []string{"announced", "ready"} {
		s.want(200, "ANNOUNCE", "", plainSDP)
		if state == "ready" {
			s.want(200, "SETUP", s.transport(), "")
		}
		s.describes()
		s.disconnect()
		eventually(t, "the receiver is free", func() bool { return !r.Stats().Active })
		s.connect()
	}
	s.play()
	if got := owner.said(); !slices.Equal(got, []string{"play 1/1"}) {
		t.Errorf("want nothing of the sessions that never played, got %q", got)
	}
}

// Senders may describe the music before they play it.
func TestDescriptionBeforeRecordFollowsPlay(t *testing.T) {
	owner := newRecorder()
	r := startReceiver(t, raop.Options{Handler: owner})
	s := newSender(t, r, loopback)
	s.want(200, "ANNOUNCE", "", plainSDP)
	s.describes()
	s.want(200, "SETUP", s.transport(), "")
	if got := owner.said(); len(got) != 0 {
		t.Errorf("want nothing told before Play, got %q", got)
	}
	s.want(200, "RECORD", "RTP-Info: seq=1;rtptime=1\n", "")
	if got := owner.said(); len(got) != 3 || got[0] != "play 1/1" {
		t.Errorf("want Play, then cover and position, got %q", got)
	}
}
