package bench_test

import (
	"fmt"
	"testing"
)

func TestDraft(t *testing.T) {
	for _, s := range signals(6) {
		pcm := s.pcm16()
		for _, kbps := range []int{128, 192, 256, 320} {
			line := fmt.Sprintf("%-10s %d", s.name, kbps)
			for _, c := range codecs {
				if !c.installed() {
					continue
				}
				d := decode(t, c.encode(t, pcm, kbps), s)
				line += fmt.Sprintf("  %s %6.1f", c.name, noiseToMask(s.pcm, d))
				if s.onsets != nil {
					line += fmt.Sprintf(" (%.1f)", preEcho(s, d))
				}
			}
			fmt.Println(line)
		}
	}
}
