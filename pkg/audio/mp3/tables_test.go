package mp3

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// codeWords gives the code words of a table as strings of bits.
func codeWords(hcod []uint16, hlen []uint8) []string {
	words := make([]string, len(hcod))
	for i, code := range hcod {
		words[i] = fmt.Sprintf("%0*b", hlen[i], code)
	}
	return words
}

// A code is complete when the Kraft sum is 1: no bit is wasted and no word
// missing. A wrong digit in a table would nearly always break one of the two.
func TestHuffmanTablesAreCompletePrefixCodes(t *testing.T) {
	tables := map[string][]string{}
	for i, table := range pairTables {
		if table != nil {
			tables[fmt.Sprint(i)] = codeWords(table.hcod, table.hlen)
		}
	}
	tables["16"] = codeWords(codes16.hcod, codes16.hlen)
	tables["24"] = codeWords(codes24.hcod, codes24.hlen)
	for i, quad := range quadCodes {
		wide := make([]uint16, len(quad.hcod))
		for j, code := range quad.hcod {
			wide[j] = uint16(code)
		}
		tables["quad "+"AB"[i:i+1]] = codeWords(wide, quad.hlen[:])
	}
	for name, words := range tables {
		t.Run(name, func(t *testing.T) {
			kraft := 0.0
			for _, w := range words {
				kraft += math.Exp2(-float64(len(w)))
			}
			if kraft != 1 {
				t.Errorf("Kraft sum: want 1, got %v", kraft)
			}
			slices.Sort(words)
			for i := 1; i < len(words); i++ {
				if strings.HasPrefix(words[i], words[i-1]) {
					t.Errorf("%s begins %s", words[i-1], words[i])
				}
			}
		})
	}
}

func TestLinbits(t *testing.T) {
	for largest := escape + 1; largest <= maxValue; largest++ {
		table, _ := cheapestEscape(0, largest)
		_, extra := codeOf(table)
		if largest-escape >= 1<<extra {
			t.Fatalf("table %d with %d linbits cannot code %d", table, extra, largest)
		}
	}
}

func TestAnalysisWindow(t *testing.T) {
	// Three values of table C.1, by index.
	for i, want := range map[int]float32{1: -0.000000477, 128: 0.000971317, 256: 0.035780907} {
		got := analysisWindow[63-i%64][7-i/64]
		if math.Abs(float64(got-want)) > 1e-9 {
			t.Errorf("C%d: want %v, got %v", i, want, got)
		}
	}
}

func TestBands(t *testing.T) {
	for rate, e := range bandEdgesOf {
		long, short := newLayouts(&e)
		for _, lay := range []layout{long, short} {
			if got := lay.edges[lay.bands]; got != lineCount {
				t.Errorf("%d Hz: want %d lines, got %d", rate, lineCount, got)
			}
			for b := range lay.bands {
				if width := lay.edges[b+1] - lay.edges[b]; width < 4 || width%2 != 0 {
					t.Errorf("%d Hz: band %d of %d lines", rate, b, width)
				}
			}
			if !slices.Contains(lay.edges[:lay.bands], switchedRegion0) {
				t.Errorf("%d Hz: no band begins at line %d", rate, switchedRegion0)
			}
		}
	}
}

func TestReorder(t *testing.T) {
	e := bandEdgesOf[44100]
	var spectra [shortWindows][lineCount / shortWindows]float32
	for w := range spectra {
		for i := range spectra[w] {
			spectra[w][i] = float32(1000*w + i)
		}
	}
	var lines [lineCount]float32
	e.reorder(&lines, &spectra)
	for i, want := range map[int]float32{0: 0, 3: 3, 4: 1000, 8: 2000, 12: 4, 575: 2191} {
		if lines[i] != want {
			t.Errorf("line %d: want %v, got %v", i, want, lines[i])
		}
	}
}
