package flac

// A signal is one way to look at a block. Two of them make a stereo block.
type signal uint8

const (
	left signal = iota // also the only one of a mono block
	right
	mid  // (left+right) >> 1
	side // left - right: one bit wider
	signalCount
)

// A layout is a channel assignment (RFC 9639 section 9.1.3).
type layout struct {
	code    byte
	signals [2]signal
}

var (
	monoLayout    = layout{code: 0, signals: [2]signal{left, left}}
	stereoLayouts = [...]layout{
		{code: 1, signals: [2]signal{left, right}},
		{code: 8, signals: [2]signal{left, side}},
		{code: 9, signals: [2]signal{side, right}},
		{code: 10, signals: [2]signal{mid, side}},
	}
)

// plan splits pcm into its signals, and finds the layout that promises to be
// smallest and what to do with the signals in it.
func (e *Encoder) plan(pcm []int32) (layout, [2]subframe) {
	depth := uint(e.format.BitDepth)
	if e.format.Channels == 1 {
		copy(e.signals[left], pcm)
		return monoLayout, [2]subframe{planSubframe(e.signals[left][:len(pcm)], depth)}
	}
	e.split(pcm)
	var plans [signalCount]subframe
	for s := range signalCount {
		plans[s] = planSubframe(e.signals[s][:len(pcm)/2], depth+uint(s/side))
	}
	best := stereoLayouts[0]
	size := func(l layout) uint64 { return plans[l.signals[0]].estimate + plans[l.signals[1]].estimate }
	for _, l := range stereoLayouts[1:] {
		if size(l) < size(best) {
			best = l
		}
	}
	return best, [2]subframe{plans[best.signals[0]], plans[best.signals[1]]}
}

// split separates stereo pcm into its four signals.
func (e *Encoder) split(pcm []int32) {
	frames := len(pcm) / 2
	l, r := e.signals[left][:frames], e.signals[right][:frames]
	m, s := e.signals[mid][:frames], e.signals[side][:frames]
	for i := range l {
		a, b := pcm[2*i], pcm[2*i+1]
		l[i], r[i], m[i], s[i] = a, b, (a+b)>>1, a-b
	}
}
