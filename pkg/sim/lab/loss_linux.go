package lab

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
)

// audioBytes is what every audio packet exceeds and no other UDP packet of a
// RAOP session does: sync, timing and resend requests have 8 to 32 bytes.
const audioBytes = 200

// LoseAudio drops that many of a thousand audio packets on their way to the
// host, chosen at random, sent again or not.
func (h *Host) LoseAudio(t testing.TB, permille int) {
	t.Helper()
	h.run(t, fmt.Sprintf(`
table inet loss {
	counter seen { }
	counter lost { }
	chain input {
		type filter hook input priority 0; policy accept;
		udp dport { 1900, 5353 } accept
		udp sport { 1900, 5353 } accept
		iifname "eth0" meta l4proto udp meta length > %d counter name seen jump audio
	}
	chain audio {
		numgen random mod 1000 < %d counter name lost drop
	}
}`, audioBytes, permille), "nft", "-f", "-")
}

// AudioLost tells how many audio packets came to the host since LoseAudio, and
// how many of them were lost.
func (h *Host) AudioLost(t testing.TB) (seen, lost int) {
	t.Helper()
	listed := h.Output(t, "nft", "list", "counters", "table", "inet", "loss")
	return packets(t, listed, "seen"), packets(t, listed, "lost")
}

func packets(t testing.TB, listed, counter string) int {
	t.Helper()
	match := regexp.MustCompile(`counter ` + counter + ` \{\s+packets (\d+)`).FindStringSubmatch(listed)
	if match == nil {
		t.Fatalf("lab: no counter %q in %q", counter, listed)
	}
	n, err := strconv.Atoi(match[1])
	if err != nil {
		t.Fatal("lab:", err)
	}
	return n
}
