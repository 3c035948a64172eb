package quirk

import (
	"slices"

	"github.com/breezeway-audio/breezeway/pkg/audio"
	"github.com/breezeway-audio/breezeway/pkg/settings"
)

// maxCandidates is how many formats are tried in one round.
const maxCandidates = 12

var (
	allLengths = []settings.Length{settings.LengthNone, settings.LengthChunked, settings.LengthFake}
	allClasses = []string{ClassBroadcast, ClassTrack}
)

// A FormatFallback selects one format of the stream after another until one plays. It
// is pure: no clock, no network. One goroutine uses it at a time.
//
// The caller tries Current and then calls Succeed, after which the next round begins
// with this format, or Fail. Fail moves to the next format, none twice in a round.
// After maxCandidates, or when no format is left, the round ends, and the next one
// begins with the best format so far.
type FormatFallback struct {
	codecs  []codecOffers // best first
	lengths []settings.Length
	classes []string
	traits  Traits
	forced  Forced

	current      candidate
	tried        map[candidate]bool // in this round, current among them
	best         candidate          // where the next round begins
	bestVerified bool               // best has played
	bestEvidence Evidence           // how far the best of this round got
}

// A codecOffers is one codec with its spellings in protocolInfo, best first.
type codecOffers struct {
	offers   []Offer
	asListed bool // the first offer is spelled as in the Sink
}

// A candidate is one format to try: indexes into the codecs, their offers, the
// lengths and the classes.
type candidate struct{ codec, offer, length, class int }

// NewFormatFallback orders the formats for a renderer: by what the user forced,
// then by its traits, then by what its Sink lists (nil: unknown). What a Sink does not
// list comes last, but is tried, since many lists are wrong.
func NewFormatFallback(t Traits, sink []Offer, forced Forced) *FormatFallback {
	f := &FormatFallback{traits: t, forced: forced}
	f.lengths = ordered(nil, forced.Lengths)
	if len(f.lengths) == 0 {
		f.lengths = ordered(t.Lengths, allLengths)
	}
	f.classes = ordered(t.Classes, allClasses)
	for _, c := range codecOrder(t, sink, forced) {
		f.codecs = append(f.codecs, newCodecOffers(c, t, sink))
	}
	f.restart()
	return f
}

// codecOrder is never empty: if the traits exclude all codecs, they are ignored.
func codecOrder(t Traits, sink []Offer, forced Forced) []audio.Codec {
	only := slices.DeleteFunc(ordered(nil, forced.Codecs), func(c audio.Codec) bool { return !slices.Contains(codecs, c) })
	if len(only) > 0 {
		return only
	}
	rest := codecs
	if len(sink) == 0 {
		rest = codecsForUnknownSink
	}
	wanted := slices.DeleteFunc(ordered(t.Codecs, rest), func(c audio.Codec) bool {
		return slices.Contains(t.Refuses, c)
	})
	if len(wanted) == 0 {
		return rest
	}
	slices.SortStableFunc(wanted, func(a, b audio.Codec) int { return sinkRank(a, sink) - sinkRank(b, sink) })
	return wanted
}

// sinkRank is 0 for a codec that the Sink lists and 1 for another one.
func sinkRank(c audio.Codec, sink []Offer) int {
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

// newCodecOffers are the offers of a codec: first as in the traits, then as the Sink
// spells it or, without that, the usual one, and last without DLNA's flags, which
// some renderers do not understand.
func newCodecOffers(c audio.Codec, t Traits, sink []Offer) codecOffers {
	var s codecOffers
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
			s.asListed = s.asListed || len(s.offers) == 0
			add(o.MIME, features)
		}
	}
	for _, mime := range spellings[c][:maxSpellings] {
		if len(s.offers) < maxSpellings && !s.asListed {
			add(withRate(mime, c), features)
		}
	}
	add(s.offers[0].MIME, noFeatures)
	return s
}

// restart begins a new round with the best format so far.
func (f *FormatFallback) restart() {
	f.current, f.bestEvidence = f.best, EvidenceNone
	f.tried = map[candidate]bool{f.current: true}
}

// Current is the format to try now, or the one that plays.
func (f *FormatFallback) Current() StreamFormat {
	s := f.codecs[f.current.codec]
	o := s.offers[f.current.offer]
	format := StreamFormat{
		Codec: o.Codec, MIME: o.MIME, Features: o.Features,
		Length: f.lengths[f.current.length], Class: f.classes[f.current.class],
		Scheme: SchemeHTTP, Preroll: f.traits.Preroll,
	}
	if scheme, ok := f.traits.Schemes[o.Codec]; ok {
		format.Scheme = scheme
	}
	if f.forced.Preroll > 0 {
		format.Preroll = f.forced.Preroll
	}
	return format
}

// Verified reports whether the current format has played before.
func (f *FormatFallback) Verified() bool { return f.bestVerified && f.current == f.best }

// Attempts is how many formats were tried in this round, including the current one.
func (f *FormatFallback) Attempts() int { return len(f.tried) }

// Resume begins with a format that worked earlier; its Scheme and Preroll come from
// the traits and are not compared. It returns false, and changes nothing, if that
// format is no longer a candidate: the user forced something else, or the renderer
// lists something else.
func (f *FormatFallback) Resume(format StreamFormat) bool {
	for i, s := range f.codecs {
		c := candidate{
			codec:  i,
			offer:  slices.Index(s.offers, Offer{format.Codec, format.MIME, format.Features}),
			length: slices.Index(f.lengths, format.Length),
			class:  slices.Index(f.classes, format.Class),
		}
		if c.offer >= 0 && c.length >= 0 && c.class >= 0 {
			f.best, f.bestVerified = c, true
			f.restart()
			return true
		}
	}
	return false
}

// Succeed records that the current format plays. The next round begins with it.
func (f *FormatFallback) Succeed() {
	f.best, f.bestVerified = f.current, true
	f.restart()
}

// Fail records how the current format failed and moves to the next; retry is true.
// When none is left it goes back to the format that has played, or else got furthest,
// and retry is false: the caller should pause before the next attempt.
//
// Fail is not for a format that has played for a while and then ended.
func (f *FormatFallback) Fail(e Evidence) (next StreamFormat, retry bool) {
	if e > f.bestEvidence && !f.bestVerified {
		f.best, f.bestEvidence = f.current, e
	}
	to, ok := f.nextUntried(e)
	if !ok || len(f.tried) >= maxCandidates {
		f.restart()
		return f.Current(), false
	}
	f.current = to
	f.tried[to] = true
	return f.Current(), true
}

// nextUntried is the most promising candidate that was not tried yet.
func (f *FormatFallback) nextUntried(e Evidence) (candidate, bool) {
	listed := f.codecs[f.current.codec].asListed && f.current.offer == 0
	for _, a := range axesAfter(e, listed) {
		for _, c := range f.alongAxis(a) {
			if !f.tried[c] {
				return c, true
			}
		}
	}
	return candidate{}, false
}

// alongAxis are the candidates that differ in one axis, best first. Another codec
// or class is tried with the best length and spelling again.
func (f *FormatFallback) alongAxis(a axis) []candidate {
	var candidates []candidate
	switch a {
	case axisOffer:
		for i := range f.codecs[f.current.codec].offers {
			candidates = append(candidates, candidate{f.current.codec, i, f.current.length, f.current.class})
		}
	case axisLength:
		for i := range f.lengths {
			candidates = append(candidates, candidate{f.current.codec, f.current.offer, i, f.current.class})
		}
	case axisClass:
		for i := range f.classes {
			candidates = append(candidates, candidate{codec: f.current.codec, class: i})
		}
	case axisCodec:
		for i := range f.codecs {
			candidates = append(candidates, candidate{codec: i, class: f.current.class})
		}
	}
	return candidates
}
