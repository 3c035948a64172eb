package fleet

import (
	"net/netip"
	"time"

	"github.com/breezeway-audio/breezeway/pkg/rule"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

const (
	// suspectAfter is how long a speaker may be silent before it is looked at:
	// more than the longest pause between two search rounds.
	suspectAfter = 150 * time.Second
	// absentAfter is how many looks in a row must fail. One is lost to Wi-Fi.
	absentAfter = 2
)

// A speaker is one of the roster: a renderer, or a Sonos room, that is offered.
type speaker struct {
	*offer
	location    string // URL of its description
	from        netip.Addr
	other       string // LOCATION by which the same device was found too; empty: none
	otherFrom   netip.Addr
	fingerprint string    // of what is attached
	seen        time.Time // last sign of life
	suspect     bool      // look at it at once
	left        time.Time // when it last said that it leaves
	checks      int       // looks in a row that failed
	absent      time.Time // since when it is gone; zero: it is there
	ruled       rule.Settings
	settings    settings.Speaker
	included    bool // by a rule
}

// doubtful reports whether a speaker may not be where it was.
func (s *speaker) doubtful() bool { return s.suspect || s.checks > 0 || !s.absent.IsZero() }

// take turns the outcome of a look into speakers that come, stay or leave.
func (l *loop) take(f finding, now time.Time) {
	found := make(map[string]bool)
	for _, described := range f.found {
		room, offered, isNew := l.rooms.resolve(described, f, l.known.household(f.location), now)
		if isNew {
			l.inbox.topologyChanged() // others may wait for it as their coordinator
		}
		if !offered {
			continue
		}
		s := l.underNewRules(room, f)
		if room.skip || l.native(room.Settings, room.included, f.from) {
			found[room.UDN] = s != nil && s.location == f.location // a sender has it still
			continue
		}
		found[room.UDN] = true
		switch {
		case s == nil:
			l.add(room, f)
		case s.location == f.location || s.doubtful():
			l.keep(s, room, f, now)
		default: // the same device by another way, or gone there from where it was
			s.other, s.otherFrom = f.location, f.from
			l.check(s, now)
		}
	}
	if f.err != nil && l.speakersAt(f.location) == 0 {
		l.log.Debug().Err(f.err).Str("location", f.location).Msg("a device could not be described; it is tried again later")
	}
	for _, s := range l.roster {
		if s.location == f.location && !found[s.udn] {
			l.miss(s, f.err, now)
			l.lookElsewhere(s, now)
		}
	}
}

// underNewRules returns the speaker that f is, or nil: it is not known, or it was
// taken off the list since other rules hold for it than before; they go by names and
// addresses. On one that a sender has they hold from the first look after it.
func (l *loop) underNewRules(f *found, from finding) *speaker {
	s := l.roster[f.UDN]
	if s == nil || s.location != from.location && !s.doubtful() || s.ruled == f.ruled || l.inUse(s) {
		return s
	}
	s.log.Info().Str("name", f.Name).Stringer("rules", f.ruled).
		Msg("other rules hold for the speaker than before: it is set up anew")
	l.remove(s)
	return nil
}

// inUse reports whether a sender has a speaker, or a group that it is in.
func (l *loop) inUse(s *speaker) bool { return l.groups.inUse(s.udn) || s.bridge.InUse() }

// native reports whether a speaker is left out because it speaks AirPlay
// itself.
func (l *loop) native(s settings.Speaker, included bool, addr netip.Addr) bool {
	return bool(s.SkipNative) && !included && l.options.Native != nil && l.options.Native(addr)
}

// check has a speaker looked at now, and again by the surveys until it is found.
func (l *loop) check(s *speaker, now time.Time) {
	s.suspect = true
	if l.known.again(s.location, now) {
		l.look(s.location, s.from)
	}
}

// lookElsewhere looks for a speaker that is not where it was.
func (l *loop) lookElsewhere(s *speaker, now time.Time) {
	if s.other != "" && l.known.again(s.other, now) {
		l.look(s.other, s.otherFrom)
	}
	l.search()
}

// speakersAt counts the speakers at a LOCATION.
func (l *loop) speakersAt(url string) int {
	n := 0
	for _, s := range l.roster {
		if s.location == url {
			n++
		}
	}
	return n
}

// keep notes that a speaker is there, and plays on it where it is now.
func (l *loop) keep(s *speaker, f *found, from finding, now time.Time) {
	back := !s.absent.IsZero()
	s.seen, s.checks, s.absent = now, 0, time.Time{}
	s.suspect = now.Sub(s.left) < surveyEvery // it may answer still, while it goes down
	l.rename(s, f.Name)
	if !back && s.fingerprint == f.fingerprint {
		l.groups.update(f, false) // groups go by names
		return
	}
	if s.location != from.location {
		s.other, s.otherFrom = s.location, s.from
	}
	s.location, s.from, s.fingerprint = from.location, from.from, f.fingerprint
	l.log.Info().Str("speaker", f.Name).Str("location", from.location).Msg("speaker is back, or has moved")
	s.bridge.Attach(&f.Target)
	l.groups.update(f, true)
}

// rename offers a speaker by the name that it has now.
func (l *loop) rename(s *speaker, name string) {
	name = l.options.NameFormat(name)
	before := s.bridge.Name()
	if name == before {
		return
	}
	l.log.Info().Str("speaker", before).Str("name", name).Msg("speaker has a new name")
	s.bridge.Rename(name)
	s.publication.Withdraw()
	l.launcher.announce(s.offer, s.settings.Password.Reveal() != "")
}

// miss notes a look that failed; enough of them make a speaker absent.
func (l *loop) miss(s *speaker, err error, now time.Time) {
	s.checks++
	if s.checks < absentAfter || !s.absent.IsZero() {
		return
	}
	s.absent = now
	l.log.Warn().Err(err).Str("speaker", s.bridge.Name()).Dur("grace", l.options.Grace).
		Msg("speaker does not answer; it stays listed for the grace period")
	s.bridge.Detach(s.udn)
	l.groups.detach(s.udn)
}

// add bridges a new speaker and announces it.
func (l *loop) add(f *found, from finding) {
	if len(l.roster) >= maxSpeakers {
		l.log.Warn().Str("speaker", f.Name).Int("limit", maxSpeakers).Msg("too many speakers: this one is left out")
		return
	}
	name := l.options.NameFormat(f.Name)
	options := l.launcher.bridgeOptions(name, f.UDN, f.Settings)
	options.Log = l.log.With().Str("speaker", name).Logger()
	o, err := l.launcher.launch(options, f.UDN)
	if err != nil {
		options.Log.Error().Err(err).Msg("speaker cannot be offered")
		return
	}
	l.roster[f.UDN] = &speaker{
		offer: o, seen: time.Now(),
		location: from.location, from: from.from, fingerprint: f.fingerprint,
		ruled: f.ruled, settings: f.Settings, included: f.included,
	}
	o.bridge.Attach(&f.Target)
	l.launcher.announce(o, options.Receiver.Password != "")
	o.log.Info().Str("model", f.Model).Stringer("address", f.Address).Uint16("rtsp", o.bridge.Port()).
		Stringer("codec", f.Formats.Current().Codec).Msg("speaker found and offered to AirPlay senders")
	l.groups.update(f, true)
}

// failed removes a speaker or group whose bridge ended; the next look brings it back.
func (l *loop) failed(udn string) {
	if s := l.roster[udn]; s != nil {
		l.remove(s)
		l.known.recheck(s.location)
	}
	for _, member := range l.groups.failed(udn) {
		if s := l.roster[member]; s != nil {
			l.known.recheck(s.location)
		}
	}
}

// survey looks at speakers that went silent and removes those gone for long.
func (l *loop) survey(now time.Time) {
	search := false
	for _, s := range l.roster {
		gone := !s.absent.IsZero()
		switch {
		case l.native(s.settings, s.included, s.from) && !s.bridge.Snapshot().Playing():
			s.log.Info().Str("variable", "BREEZEWAY_SKIP_NATIVE").
				Msg("speaker speaks AirPlay itself: it is not offered a second time")
			l.remove(s)
			continue
		case gone && now.Sub(s.absent) > l.options.Grace:
			s.log.Info().Msg("speaker stayed away: it is taken off the list")
			l.remove(s)
			l.rooms.forget(s.udn)
			continue
		case !gone && !s.suspect && now.Sub(s.seen) < suspectAfter:
			continue
		}
		search = true
		l.check(s, now)
	}
	if search {
		l.search()
	}
}

// remove withdraws a speaker and ends its bridge.
func (l *loop) remove(s *speaker) {
	l.launcher.withdraw(s.offer)
	l.groups.remove(s.udn)
	delete(l.roster, s.udn)
}
