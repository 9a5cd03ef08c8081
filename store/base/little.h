#ifndef FERRY_BASE_LITTLE_H
#define FERRY_BASE_LITTLE_H

/* Numbers whose lowest byte comes first, as files of PCs have them. */

#include <stdint.h>

static inline uint32_t
ferry_get_le16(const uint8_t *p)
{

	return p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t
ferry_get_le32(const uint8_t *p)
{

	return ferry_get_le16(p) | ferry_get_le16(p + 2) << 16;
}

static inline uint64_t
ferry_get_le64(const uint8_t *p)
{

	return ferry_get_le32(p) | (uint64_t)ferry_get_le32(p + 4) << 32;
}

#endif
