package mp3

import (
	"math/rand/v2"
	"testing"
)

func layouts(t testing.TB) map[string]*layout {
	t.Helper()
	e := bandEdgesOf[44100]
	long, short := newLayouts(&e)
	return map[string]*layout{"long": &long, "short": &short}
}

// Whatever is wished for: no field overflows, no step falls below the least,
// and what is to vanish is not given a smaller step than asked for while others
// have larger ones.
func TestFulfilKeepsTheLimits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for name, lay := range layouts(t) {
		t.Run(name, func(t *testing.T) {
			for range 20000 {
				var wishes [maxBands]wish
				centre, spread := rng.Float32()*150-150, rng.Float32()*80
				for b := range lay.bands {
					want := max(minStep, centre+(rng.Float32()-0.5)*spread)
					wishes[b] = wish{want: want, least: max(minStep, int(want)-rng.IntN(60)), vanish: rng.IntN(5) == 0}
				}
				var s scalefactors
				s.fulfil(lay, &wishes)
				checkFields(t, &s, lay, &wishes)
				if t.Failed() {
					t.Fatalf("%+v\n%+v", s, wishes)
				}
			}
		})
	}
}

func checkFields(t *testing.T, s *scalefactors, lay *layout, wishes *[maxBands]wish) {
	t.Helper()
	if s.globalGain < 0 || s.globalGain > maxGlobalGain {
		t.Errorf("global_gain %d", s.globalGain)
	}
	l := slen[s.compress]
	for b := range lay.bands {
		bits := l[1]
		if lay.limit(b) == maxScalefactor1 {
			bits = l[0]
		}
		if s.factors[b]>>bits != 0 {
			t.Errorf("factor %d of band %d does not fit in %d bits", s.factors[b], b, bits)
		}
		if got := s.step(lay, b); got < wishes[b].least {
			t.Errorf("band %d: step %d below %d", b, got, wishes[b].least)
		}
	}
	for w, gain := range s.subblockGain {
		if gain > maxSubblockGain || gain > 0 && !lay.short {
			t.Errorf("subblock_gain %d of window %d", gain, w)
		}
	}
	if s.preflag && lay.short {
		t.Error("preflag in a short granule")
	}
}

// Wishes within reach are met to half a unit of the scalefactors.
func TestFulfilMeetsWishes(t *testing.T) {
	lay := layouts(t)["long"]
	for name, tt := range map[string]struct {
		want    func(b int) float32
		coarse  bool
		preflag bool
	}{
		"flat":             {want: func(int) float32 { return -40 }},
		"falling a little": {want: func(b int) float32 { return -40 - float32(b)/8 }},
		"falling far":      {want: func(b int) float32 { return -40 - float32(b)*1.2 }, coarse: true, preflag: true},
		"as pretab":        {want: func(b int) float32 { return -40 - 2*float32(pretabOf(b)) }, preflag: true},
		"low bands finer":  {want: func(b int) float32 { return -40 - float32(max(0, 15-b))*2 }},
	} {
		t.Run(name, func(t *testing.T) {
			var wishes [maxBands]wish
			for b := range lay.bands {
				wishes[b] = wish{want: tt.want(b), least: minStep}
			}
			wishes[lay.bands-1].vanish = true // it has no scalefactor
			var s scalefactors
			s.fulfil(lay, &wishes)
			if s.coarse != tt.coarse || s.preflag != tt.preflag {
				t.Errorf("want coarse %v, preflag %v, got %v, %v", tt.coarse, tt.preflag, s.coarse, s.preflag)
			}
			for b := range lay.scalefactors {
				if off := float32(s.step(lay, b)) - wishes[b].want; off > float32(s.unit())/2+1 || off < -float32(s.unit())/2-1 {
					t.Errorf("band %d: want %v, got %d", b, wishes[b].want, s.step(lay, b))
				}
			}
		})
	}
}

func pretabOf(b int) uint8 {
	if b < longScalefactors {
		return pretab[b]
	}
	return 0
}
