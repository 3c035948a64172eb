package lab

import (
	"math"
	"testing"
)

// sine is a second of stereo, the right channel silent.
func sine(hertz float64) []int32 {
	pcm := make([]int32, 2*44100)
	for i := range len(pcm) / 2 {
		pcm[2*i] = int32(math.Round(16000 * math.Sin(2*math.Pi*hertz*float64(i)/44100)))
	}
	return pcm
}

func TestAbove8kHz(t *testing.T) {
	low, high := Above8kHz(Left(sine(1000))), Above8kHz(Left(sine(12000)))
	if down := 10 * math.Log10(high/low); down < 70 {
		t.Errorf("want 1 kHz 70 dB below 12 kHz, got %.1f", down)
	}
	whole := 16000.0 * 16000 / 2 * (44100 - 127)
	if off := 10 * math.Log10(high/whole); math.Abs(off) > 0.1 {
		t.Errorf("want 12 kHz whole, got %.2f dB", off)
	}
	clicked := sine(1000)
	clicked[2*20000] = 0
	clicked[2*20001] += 8000
	if with := Above8kHz(Left(clicked)); with < 100*low {
		t.Errorf("want a click to be seen, got %.0f with it and %.0f without", with, low)
	}
}

func TestGreatestStep(t *testing.T) {
	tests := []struct {
		x    []float64
		want float64
	}{
		{nil, 0},
		{[]float64{5}, 0},
		{[]float64{1, 3, -1, 0}, 4},
	}
	for _, tt := range tests {
		if got := GreatestStep(tt.x); got != tt.want {
			t.Errorf("%v: want %v, got %v", tt.x, tt.want, got)
		}
	}
}
