package mp3

import "testing"

func TestNextBlock(t *testing.T) {
	const no, yes = false, true
	tests := []struct {
		before    blockType
		now, next bool
		want      blockType
	}{
		{blockLong, no, no, blockLong},
		{blockLong, no, yes, blockStart},
		{blockLong, yes, no, blockShort},
		{blockLong, yes, yes, blockShort},
		{blockStart, no, no, blockLong},
		{blockStart, no, yes, blockStart},
		{blockStart, yes, no, blockShort},
		{blockStart, yes, yes, blockShort},
		{blockShort, no, no, blockStop},
		{blockShort, no, yes, blockShort},
		{blockShort, yes, no, blockShort},
		{blockShort, yes, yes, blockShort},
		{blockStop, no, no, blockLong},
		{blockStop, no, yes, blockStart},
		{blockStop, yes, no, blockShort},
		{blockStop, yes, yes, blockShort},
	}
	for _, tt := range tests {
		if got := nextBlock(tt.before, tt.now, tt.next); got != tt.want {
			t.Errorf("%v, attack now %v, next %v: want %v, got %v", tt.before, tt.now, tt.next, tt.want, got)
		}
	}
}

// Whatever the attacks, each window's end fits the next one's beginning.
func TestBlocksOverlap(t *testing.T) {
	steepEnd := map[blockType]bool{blockStart: true, blockShort: true}
	steepStart := map[blockType]bool{blockStop: true, blockShort: true}
	const granules = 12
	for pattern := range 1 << granules {
		before := blockLong
		for g := range granules - 1 {
			block := nextBlock(before, pattern>>g&1 == 1, pattern>>(g+1)&1 == 1)
			first := g == 0 && pattern&1 == 1 // nobody looked ahead to the first
			if !first && steepEnd[before] != steepStart[block] {
				t.Fatalf("attacks %b: %v follows %v", pattern, block, before)
			}
			before = block
		}
	}
}

func TestAttacks(t *testing.T) {
	tests := []struct {
		name  string
		slot  int // the click's; none if negative
		level float32
		want  attacks
	}{
		{"steady", -1, 0, attacks{}},
		{"click at once", 0, 1, attacks{early: true}},
		{"click before the middle", 5, 1, attacks{early: true}},
		{"click in the middle", 6, 1, attacks{early: true, late: true}},
		{"click after the middle", 15, 1, attacks{late: true}},
		{"click at the end", 17, 1, attacks{late: true}},
		{"small click", 5, 0.015, attacks{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var w watcher
			var s subbandSamples
			for sb := range s {
				for slot := range s[sb] {
					s[sb][slot] = 0.01
				}
			}
			w.attacks(&s)
			for sb := range s {
				if tt.slot >= 0 {
					s[sb][tt.slot] += tt.level
				}
			}
			if got := w.attacks(&s); got != tt.want {
				t.Errorf("want %+v, got %+v", tt.want, got)
			}
		})
	}
}
