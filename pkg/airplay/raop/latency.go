package raop

// Bounds of the delay that a sender asks for, in frames of 44.1 kHz where the
// rate does not matter.
const (
	// defaultLatencyFrames is half a second, for senders that ask for next to
	// nothing: PipeWire 0.3.65 says 0.
	defaultLatencyFrames = 22050
	// leastLatencyFrames is what an AirPort Express needs itself; no sender that
	// means what it asks for asks for less.
	leastLatencyFrames = 11025
	// mostLatencyFrames is eight seconds: Airfoil and TuneBlade ask for five.
	mostLatencyFrames = 352800
)

// boundLatency holds a sync packet's latency within the announced bounds, as
// far as these make sense.
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
