package lab

import (
	"net/netip"
	"slices"
	"testing"
)

func TestBoundAt(t *testing.T) {
	const (
		head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n"
		rest = " 00000000:0000 07 00000000:00000000 00:00000000 00000000 65532        0 5 2 0000000000000000 0\n"
	)
	cases := []struct {
		name, table string
		want        []netip.Addr
	}{
		{"nobody", head, nil},
		{"another port", head + "  1: 00000000:14E9" + rest, nil},
		{"any address", head + "  1: 00000000:076C" + rest, []netip.Addr{netip.IPv4Unspecified()}},
		{
			"the group and one address", head + "  1: FAFFFFEF:076C" + rest + "  2: 00000000:14E9" + rest + "  3: 0A004D0A:076C" + rest,
			[]netip.Addr{netip.MustParseAddr("239.255.255.250"), netip.MustParseAddr("10.77.0.10")},
		},
		{
			"IPv6", head + "  1: 000080FE00000000FF005450123456FE:076C" + rest,
			[]netip.Addr{netip.MustParseAddr("fe80::5054:ff:fe56:3412")},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := boundAt(c.table, 1900)
			if err != nil || !slices.Equal(c.want, got) {
				t.Errorf("want %v, got %v, %v", c.want, got, err)
			}
		})
	}
}
