package sender

import "math/rand/v2"

// maxOvertaking is how many packets may overtake one.
const maxOvertaking = 3

// networkFaults decides at random what the network does to a packet; the same seed gives
// the same faults.
// Only one goroutine may use it.
type networkFaults struct {
	loss, duplicate, reorder float64
	rng                      *rand.Rand
}

// newNetworkFaults makes the faults of one direction, or kind, of packets.
func newNetworkFaults(o Options, way uint64) *networkFaults {
	return &networkFaults{
		loss: o.Loss, duplicate: o.Duplicate, reorder: o.Reorder,
		rng: rand.New(rand.NewPCG(o.Seed, way)),
	}
}

func (c *networkFaults) lost() bool    { return c.happens(c.loss) }
func (c *networkFaults) doubled() bool { return c.happens(c.duplicate) }

// overtaken is the number of packets that overtake this one, mostly 0.
func (c *networkFaults) overtaken() int {
	if !c.happens(c.reorder) {
		return 0
	}
	return 1 + c.rng.IntN(maxOvertaking)
}

func (c *networkFaults) happens(share float64) bool { return c.rng.Float64() < share }
