package playout

import "time"

// rendererReserve is the audio that must stay buffered at the renderer while we
// wait for a retransmission: what comes then must still reach it, and it may report
// its position half a second late.
const rendererReserve = 600 * time.Millisecond

// retransmitDeadline is how long after it was due a missing packet is waited for.
// The configured latency is the least. While every renderer has more than that
// buffered, nobody hears a longer wait; then it may be as long as the sender expects
// between its wire and the ear, since it keeps its packets that long to send them
// again.
func retransmitDeadline(configured, senderLatency, rendererBuffer time.Duration) time.Duration {
	return max(configured, min(senderLatency-TargetDelay, rendererBuffer-rendererReserve))
}
