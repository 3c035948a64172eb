package mp3

import "math/bits"

// A pairTable is one code of table B.7 for two values 0..side-1 without their
// signs: code words and their lengths in bits, by x*side+y.
type pairTable struct {
	side int
	hcod []uint16
	hlen []uint8
}

// In tables that have linbits, the value 15 says that so many bits follow, which
// are to be added.
const escape = 15

// maxValue is the largest value that can be coded: 15 and 13 linbits.
const maxValue = escape + 1<<13 - 1

// linbits of the tables 16 to 31; the first eight share the code of table 16, the
// others that of table 24.
var linbits = [...]uint{1, 2, 3, 4, 6, 8, 10, 13, 4, 5, 6, 7, 8, 9, 11, 13}

// codeOf finds the code of a table_select.
func codeOf(table uint8) (code *pairTable, linbitCount uint) {
	switch {
	case table >= 24:
		return &codes24, linbits[table-16]
	case table >= 16:
		return &codes16, linbits[table-16]
	default:
		return pairTables[table], 0
	}
}

var pairTables = [16]*pairTable{
	1: &codes1, 2: &codes2, 3: &codes3, 5: &codes5, 6: &codes6, 7: &codes7, 8: &codes8, 9: &codes9,
	10: &codes10, 11: &codes11, 12: &codes12, 13: &codes13, 15: &codes15,
}

// quadCodes are the codes of four values 0 or 1, tables A and B: hcod and hlen by
// 8v+4w+2x+y, without the signs.
var quadCodes = [2]struct{ hcod, hlen [16]uint8 }{
	{
		hcod: [16]uint8{1, 5, 4, 5, 6, 5, 4, 4, 7, 3, 6, 0, 7, 2, 3, 1},
		hlen: [16]uint8{1, 4, 4, 5, 4, 6, 5, 6, 4, 5, 5, 6, 5, 6, 6, 6},
	},
	{
		hcod: [16]uint8{15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
		hlen: [16]uint8{4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4},
	},
}

// A family is the tables that can hold the same largest value. Their lengths are
// counted together: cost packs the bits of a pair, signs included, for up to
// three tables into lanes of 16 bits. No sum over a granule overflows a lane:
// 288 pairs of at most 21 bits each. In the family of the linbits the third lane
// counts the values that need them.
type family struct {
	tables []uint8
	shift  uint // x<<shift|y is the index of a pair
	cost   []uint64
}

const (
	laneBits = 16
	laneMask = 1<<laneBits - 1
)

// escapeFamily is the index of the family with linbits, which codes all values
// from 16 on; 13 and 15 end below.
const escapeFamily = 6

var families = [escapeFamily + 1]family{
	newFamily(1, 1),
	newFamily(2, 2, 3),
	newFamily(2, 5, 6),
	newFamily(3, 7, 8, 9),
	newFamily(3, 10, 11, 12),
	newFamily(4, 13, 15),
	newEscapeFamily(),
}

// familyOf is the family for a largest value up to 15. A largest value of zero
// needs no table at all.
var familyOf = [escape + 1]uint8{0, 0, 1, 2, 3, 3, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5}

func newFamily(shift uint, tables ...uint8) family {
	f := family{tables: tables, shift: shift, cost: make([]uint64, 1<<(2*shift))}
	for lane, table := range tables {
		f.addLane(lane, pairTables[table])
	}
	return f
}

func newEscapeFamily() family {
	f := family{tables: []uint8{16, 24}, shift: 4, cost: make([]uint64, 256)}
	f.addLane(0, &codes16)
	f.addLane(1, &codes24)
	for i := range f.cost {
		if i>>4 == escape {
			f.cost[i] += 1 << (2 * laneBits)
		}
		if i&escape == escape {
			f.cost[i] += 1 << (2 * laneBits)
		}
	}
	return f
}

func (f *family) addLane(lane int, code *pairTable) {
	for x := range code.side {
		for y := range code.side {
			length := int(code.hlen[x*code.side+y]) + min(x, 1) + min(y, 1)
			f.cost[x<<f.shift|y] += uint64(length) << (lane * laneBits)
		}
	}
}

// lanes adds up the cost of pairs whose values are below 1<<shift.
func (f *family) lanes(values []uint16) uint64 {
	sum, shift := uint64(0), f.shift
	for ; len(values) >= 2; values = values[2:] {
		sum += f.cost[values[0]<<shift|values[1]]
	}
	return sum
}

// escapeLanes adds up the cost of any pairs in the family with linbits.
func escapeLanes(values []uint16) uint64 {
	cost := (*[256]uint64)(families[escapeFamily].cost)
	sum := uint64(0)
	for ; len(values) >= 2; values = values[2:] {
		sum += cost[min(values[0], escape)<<4|min(values[1], escape)]
	}
	return sum
}

// cheapest finds the table of a family with the fewest bits. largest, the
// largest value, decides the linbits.
func (f *family) cheapest(lanes uint64, largest int) (table uint8, bitCount int) {
	if largest > escape {
		return cheapestEscape(lanes, largest)
	}
	bitCount = int(lanes & laneMask)
	table = f.tables[0]
	for _, t := range f.tables[1:] {
		lanes >>= laneBits
		if n := int(lanes & laneMask); n < bitCount {
			table, bitCount = t, n
		}
	}
	return table, bitCount
}

// linbitTables16 and linbitTables24 are the first tables of either code with at
// least so many linbits, 0..13.
var linbitTables16, linbitTables24 = func() (a, b [14]uint8) {
	for need := range a {
		a[need], b[need] = 16, 24
		for linbits[a[need]-16] < uint(need) {
			a[need]++
		}
		for linbits[b[need]-16] < uint(need) {
			b[need]++
		}
	}
	return a, b
}()

func cheapestEscape(lanes uint64, largest int) (table uint8, bitCount int) {
	need := bits.Len(uint(largest - escape))
	t16, t24 := linbitTables16[need], linbitTables24[need]
	escapes := int(lanes >> (2 * laneBits))
	n16 := int(lanes&laneMask) + escapes*int(linbits[t16-16])
	n24 := int(lanes>>laneBits&laneMask) + escapes*int(linbits[t24-16])
	if n16 < n24 {
		return t16, n16
	}
	return t24, n24
}

// pairs puts out values in pairs with the code of a table, then linbits and
// signs (clause 2.4.1.7, Huffmancodebits). negative is by line.
func (w *bitWriter) pairs(values []uint16, lines []float32, table uint8) {
	if table == 0 {
		return
	}
	code, extra := codeOf(table)
	for i := 0; i+1 < len(values); i += 2 {
		x, y := values[i], values[i+1]
		at := int(min(x, escape))*code.side + int(min(y, escape))
		w.write(uint32(code.hcod[at]), uint(code.hlen[at]))
		w.tail(x, lines[i], extra)
		w.tail(y, lines[i+1], extra)
	}
}

// tail puts out what follows the code word for one value of a pair.
func (w *bitWriter) tail(value uint16, line float32, extra uint) {
	if value == 0 {
		return
	}
	if extra > 0 && value >= escape {
		w.write(uint32(value-escape), extra)
	}
	w.flag(line < 0)
}

// quads puts out values 0 and 1 in fours with table A or B.
func (w *bitWriter) quads(values []uint16, lines []float32, table uint8) {
	code := &quadCodes[table]
	for i := 0; i+3 < len(values); i += 4 {
		at := values[i]<<3 | values[i+1]<<2 | values[i+2]<<1 | values[i+3]
		w.write(uint32(code.hcod[at]), uint(code.hlen[at]))
		for j := i; j < i+4; j++ {
			if values[j] != 0 {
				w.flag(lines[j] < 0)
			}
		}
	}
}
