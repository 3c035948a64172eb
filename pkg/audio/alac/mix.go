package alac

// A mixing says how an encoder turned left and right into U and V:
//
//	V = L - R
//	U = R + (res*V >> bits)
//
// With res 0 U is left and V is right.
type mixing struct {
	bits uint // 0..31
	res  int32
}

// interleave undoes the mixing and writes dst, whose length is that of all
// channels together.
func (d *Decoder) interleave(dst []int32, m mixing) {
	if d.config.Channels == 1 {
		copy(dst, d.channels[0])
		return
	}
	frames := len(dst) / 2
	us, vs := d.channels[0][:frames], d.channels[1][:frames]
	if m.res == 0 {
		for i, u := range us {
			pair := dst[2*i : 2*i+2 : 2*i+2]
			pair[0], pair[1] = u, vs[i]
		}
		return
	}
	shift := m.bits & 31
	for i, u := range us {
		v := vs[i]
		left := u + v - m.res*v>>shift
		pair := dst[2*i : 2*i+2 : 2*i+2]
		pair[0], pair[1] = left, left-v
	}
}
