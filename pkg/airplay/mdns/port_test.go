package mdns

import (
	"slices"
	"testing"
)

const udpTable = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  329: 00000000:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000   108        0 21551 2 0000000000000000 0
 1234: 0100007F:0035 00000000:14EA 07 00000000:00000000 00:00000000 00000000     0        0 21552 2 0000000000000000 0
`

const udp6Table = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  329: 00000000000000000000000000000000:14E9 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000   108        0 21553 2 0000000000000000 0
`

func TestListed(t *testing.T) {
	tests := []struct {
		name  string
		table string
		port  uint16
		want  int
	}{
		{"5353", udpTable, 5353, 1},
		{"5353 over IPv6", udp6Table, 5353, 1},
		{"one that is repeated", udpTable + udpTable, 5353, 1},
		{"two", udpTable + udp6Table, 5353, 2},
		{"cut", udpTable[:len(udpTable)-200], 5353, 0},
		{"on one address", udpTable, 53, 1},
		{"free", udpTable, 1900, 0},
		{"only the far end", udpTable, 5354, 0},
		{"empty", "", 5353, 0},
		{"no table", "local :14E9\n", 5353, 0},
	}
	for _, tt := range tests {
		if got := listed(tt.table, tt.port); got != tt.want {
			t.Errorf("%s: want %d, got %d", tt.name, tt.want, got)
		}
	}
}

func TestNamesOfStates(t *testing.T) {
	var got []string
	for s := PortClosed; s <= PortFailed; s++ {
		got = append(got, s.String())
	}
	if want := []string{"closed", "ok", "shared", "held", "raw", "avahi", "absent", "failed"}; !slices.Equal(got, want) {
		t.Errorf("want %v, got %v", want, got)
	}
}
