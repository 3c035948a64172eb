package bench_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"
)

var only = flag.String("only", "", "")
var oursOnly = flag.Bool("ours", false, "")

func TestDraft(t *testing.T) {
	for _, s := range signals(6) {
		if !strings.Contains(s.name, *only) {
			continue
		}
		pcm := s.pcm16()
		line := fmt.Sprintf("%-10s", s.name)
		for _, kbps := range []int{128, 192, 256, 320} {
			line += fmt.Sprintf(" | %d", kbps)
			for _, c := range codecs[:2] {
				if *oursOnly && c.name != "Breezeway" {
					continue
				}
				d := decode(t, c.encode(t, pcm, kbps), s)
				line += fmt.Sprintf(" %6.1f", noiseToMask(s.pcm, d))
				if s.onsets != nil {
					line += fmt.Sprintf(" (%.1f)", preEcho(s, d))
				}
			}
		}
		fmt.Println(line)
	}
}
