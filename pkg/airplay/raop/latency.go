package raop

// Bounds of the delay that a sender asks for, in frames at 44.1 kHz; at other rates
// the difference does not matter.
const (
	// defaultLatencyFrames is half a second, for senders that ask for hardly any
	// delay: PipeWire 0.3.65 sends 0.
	defaultLatencyFrames = 22050
	// leastLatencyFrames is what an AirPort Express needs itself; a sender that asks
	// for less cannot mean it.
	leastLatencyFrames = 11025
	// mostLatencyFrames is eight seconds: Airfoil and TuneBlade ask for five.
	mostLatencyFrames = 352800
)

// boundLatency keeps a sync packet's latency within the announced bounds, as far as
// these make sense.
func boundLatency(frames int64, params StreamParams) int64 {
	lo, hi := int64(params.MinLatency), int64(params.MaxLatency)
	frames = max(frames, lo)
	if hi >= max(lo, leastLatencyFrames) {
		frames = min(frames, hi)
	}
	if frames < leastLatencyFrames {
		frames = defaultLatencyFrames
	}
	return min(frames, mostLatencyFrames)
}
