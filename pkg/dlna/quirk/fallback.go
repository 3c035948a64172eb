package quirk

import (
	"slices"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// maxWays bounds one climb: how many ways are tried before it is given up.
const maxWays = 12

var (
	allLengths = []settings.Length{settings.LengthNone, settings.LengthChunked, settings.LengthFake}
	allClasses = []string{ClassBroadcast, ClassTrack}
)

// A FormatFallback leads from one way to the next until one plays. It is pure: no
// clock, no network. One goroutine uses it at a time.
//
//	Current ── play it ──▶ Succeed                  start there the next time
//	 ▲        │
//	 └─ Fail(evidence): next way, again        at most maxWays, none twice
//	          │
//	          └▶ best guess, not again         rest, then a new climb from there
type FormatFallback struct {
	steps   []step // a codec each, best first
	lengths []settings.Length
	classes []string
	traits  Traits
	forced  Forced

	at      rung
	tried   map[rung]bool // of this climb, at included
	best    rung          // where the next climb begins
	proven  bool          // best has played
	reached Evidence      // how far the best of this climb came
}

// A step is one codec with the ways to offer it, best first.
type step struct {
	offers []Offer
	listed bool // the first offer is spelled as the Sink does
}

// A rung is a place on the ladder: indexes into steps, its offers, lengths and
// classes.
type rung struct{ codec, offer, length, class int }

// NewFormatFallback orders the ways to play on a renderer: by what the user forced,
// then by its traits, then by what its Sink lists (nil: not known). What a
// Sink does not list comes last, since many lists are wrong.
func NewFormatFallback(t Traits, sink []Offer, forced Forced) *FormatFallback {
	l := &FormatFallback{traits: t, forced: forced}
	l.lengths = ordered(nil, forced.Lengths)
	if len(l.lengths) == 0 {
		l.lengths = ordered(t.Lengths, allLengths)
	}
	l.classes = ordered(t.Classes, allClasses)
	for _, c := range codecOrder(t, sink, forced) {
		l.steps = append(l.steps, newStep(c, t, sink))
	}
	l.climb()
	return l
}

// codecOrder never is empty: where all is refused, the refusals are not
// believed.
func codecOrder(t Traits, sink []Offer, forced Forced) []audio.Codec {
	only := slices.DeleteFunc(ordered(nil, forced.Codecs), func(c audio.Codec) bool { return !slices.Contains(codecs, c) })
	if len(only) > 0 {
		return only
	}
	rest := codecs
	if len(sink) == 0 {
		rest = blind
	}
	wanted := slices.DeleteFunc(ordered(t.Codecs, rest), func(c audio.Codec) bool {
		return slices.Contains(t.Refuses, c)
	})
	if len(wanted) == 0 {
		return rest
	}
	slices.SortStableFunc(wanted, func(a, b audio.Codec) int { return rank(a, sink) - rank(b, sink) })
	return wanted
}

// rank is 0 for a codec that the Sink lists and 1 for another one.
func rank(c audio.Codec, sink []Offer) int {
	if slices.ContainsFunc(sink, func(o Offer) bool { return o.Codec == c }) {
		return 0
	}
	return 1
}

// ordered is first and then the rest of all.
func ordered[T comparable](first, all []T) []T {
	list := slices.Clone(first)
	for _, v := range all {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

// newStep gathers the offers of a codec: as the traits say, as the Sink spells
// it or else as is usual, and at last without DLNA's flags, at which some
// renderers stumble.
func newStep(c audio.Codec, t Traits, sink []Offer) step {
	var s step
	add := func(mime, features string) {
		if o := (Offer{c, mime, features}); !slices.Contains(s.offers, o) {
			s.offers = append(s.offers, o)
		}
	}
	features := usualFeatures(c)
	if own, ok := t.Features[c]; ok {
		features = own
	}
	if mime, ok := t.MIME[c]; ok {
		add(mime, features)
	}
	for _, o := range sink {
		if o.Codec == c && len(s.offers) < maxSpellings {
			s.listed = s.listed || len(s.offers) == 0
			add(o.MIME, features)
		}
	}
	for _, mime := range spellings[c][:maxSpellings] {
		if len(s.offers) < maxSpellings && !s.listed {
			add(withRate(mime, c), features)
		}
	}
	add(s.offers[0].MIME, noFeatures)
	return s
}

// climb begins anew at the best guess.
func (l *FormatFallback) climb() {
	l.at, l.reached = l.best, EvidenceNone
	l.tried = map[rung]bool{l.at: true}
}

// Current is the format to try now, or the one that plays.
func (l *FormatFallback) Current() StreamFormat {
	s := l.steps[l.at.codec]
	o := s.offers[l.at.offer]
	w := StreamFormat{
		Codec: o.Codec, MIME: o.MIME, Features: o.Features,
		Length: l.lengths[l.at.length], Class: l.classes[l.at.class],
		Scheme: SchemeHTTP, Preroll: l.traits.Preroll,
	}
	if scheme, ok := l.traits.Schemes[o.Codec]; ok {
		w.Scheme = scheme
	}
	if l.forced.Preroll > 0 {
		w.Preroll = l.forced.Preroll
	}
	return w
}

// Verified reports whether the present way has played before.
func (l *FormatFallback) Verified() bool { return l.proven && l.at == l.best }

// Attempts is how many ways of this climb were tried, the present one among them.
func (l *FormatFallback) Attempts() int { return len(l.tried) }

// Resume begins with a way that worked earlier; its Scheme and Preroll are the
// traits' business and not compared. It reports false, and changes
// nothing, when that way is none of the ladder's any more: the user forced
// something else, or the renderer lists something else.
func (l *FormatFallback) Resume(w StreamFormat) bool {
	for i, s := range l.steps {
		r := rung{
			codec:  i,
			offer:  slices.Index(s.offers, Offer{w.Codec, w.MIME, w.Features}),
			length: slices.Index(l.lengths, w.Length),
			class:  slices.Index(l.classes, w.Class),
		}
		if r.offer >= 0 && r.length >= 0 && r.class >= 0 {
			l.best, l.proven = r, true
			l.climb()
			return true
		}
	}
	return false
}

// Succeed tells that the present way plays. It is where the next climb begins.
func (l *FormatFallback) Succeed() {
	l.best, l.proven = l.at, true
	l.climb()
}

// Fail tells how the present way failed and moves to the next, again true. When
// nothing is left it goes back to the way that has played, or else came
// furthest, again false: whoever tries on should pause first.
//
// A way that has played for a while and then ends is no case for Fail.
func (l *FormatFallback) Fail(e Evidence) (next StreamFormat, again bool) {
	if e > l.reached && !l.proven {
		l.best, l.reached = l.at, e
	}
	to, ok := l.next(e)
	if !ok || len(l.tried) >= maxWays {
		l.climb()
		return l.Current(), false
	}
	l.at = to
	l.tried[to] = true
	return l.Current(), true
}

// next is the most promising rung that was not tried.
func (l *FormatFallback) next(e Evidence) (rung, bool) {
	listed := l.steps[l.at.codec].listed && l.at.offer == 0
	for _, a := range axesAfter(e, listed) {
		for _, r := range l.along(a) {
			if !l.tried[r] {
				return r, true
			}
		}
	}
	return rung{}, false
}

// along gives the rungs of one axis, best first. Another codec or class is
// tried with the best length and spelling again.
func (l *FormatFallback) along(a axis) []rung {
	var rungs []rung
	switch a {
	case axisOffer:
		for i := range l.steps[l.at.codec].offers {
			rungs = append(rungs, rung{l.at.codec, i, l.at.length, l.at.class})
		}
	case axisLength:
		for i := range l.lengths {
			rungs = append(rungs, rung{l.at.codec, l.at.offer, i, l.at.class})
		}
	case axisClass:
		for i := range l.classes {
			rungs = append(rungs, rung{codec: l.at.codec, class: i})
		}
	case axisCodec:
		for i := range l.steps {
			rungs = append(rungs, rung{codec: i, class: l.at.class})
		}
	}
	return rungs
}
