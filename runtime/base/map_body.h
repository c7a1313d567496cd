/* SPDX-License-Identifier: BSD-3-Clause */
/* map_body.h: the code of a map, written once for all key types. Only map.c includes it, once per type,
 * after defining MAP (the struct and the prefix of its functions), SLOT, KEY, HASH(key), EQUAL(a, b).
 *
 * The home of a key is HASH(key) & (capacity - 1); an entry lies at its home or in the run of used slots
 * that begins there, and there is always a free slot, so every search ends. */
#define JOINED(a, b) a##b
#define JOIN(a, b) JOINED(a, b)
#define FUNCTION(verb) JOIN(MAP, verb)

/* The slot of `key`, or the free slot where it would go. The map has slots. */
static size_t FUNCTION(_seek)(const struct MAP *map, KEY key)
{
    size_t mask = map->capacity - 1;
    size_t i = HASH(key) & mask;
    while (map->slots[i].is_used && !EQUAL(map->slots[i].key, key))
        i = (i + 1) & mask;
    return i;
}

static int FUNCTION(_rebuild)(struct MAP *map, size_t capacity)
{
    struct MAP grown = {.capacity = capacity, .count = map->count};
    grown.slots = rask_alloc_zeroed(capacity, sizeof *grown.slots);
    if (grown.slots == NULL)
        return -1;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].is_used)
            grown.slots[FUNCTION(_seek)(&grown, map->slots[i].key)] = map->slots[i];
    rask_free(map->slots);
    *map = grown;
    return 0;
}

int FUNCTION(_reserve)(struct MAP *map, size_t count)
{
    if (count > SIZE_MAX / 8 / sizeof(struct SLOT))
        return -1;
    size_t capacity = map->capacity == 0 ? FIRST_CAPACITY : map->capacity;
    while (capacity / 4 * 3 < count)
        capacity *= 2;
    return capacity == map->capacity ? 0 : FUNCTION(_rebuild)(map, capacity);
}

int FUNCTION(_get)(const struct MAP *map, KEY key, uint32_t *value)
{
    if (map->count == 0)
        return 0;
    const struct SLOT *slot = &map->slots[FUNCTION(_seek)(map, key)];
    if (slot->is_used && value != NULL)
        *value = slot->value;
    return slot->is_used != 0;
}

int FUNCTION(_put)(struct MAP *map, KEY key, uint32_t value)
{
    if (map->capacity != 0) {
        struct SLOT *slot = &map->slots[FUNCTION(_seek)(map, key)];
        if (slot->is_used) {
            slot->value = value;
            return 0;
        }
    }
    if (map->count >= map->capacity / 4 * 3 && FUNCTION(_reserve)(map, map->count + 1) != 0)
        return -1;
    map->slots[FUNCTION(_seek)(map, key)] = (struct SLOT){.key = key, .value = value, .is_used = 1};
    map->count++;
    return 0;
}

/* After the hole, every entry whose home is not between the hole and itself moves back into the hole. */
int FUNCTION(_remove)(struct MAP *map, KEY key, uint32_t *value)
{
    if (map->count == 0)
        return 0;
    size_t hole = FUNCTION(_seek)(map, key);
    if (!map->slots[hole].is_used)
        return 0;
    if (value != NULL)
        *value = map->slots[hole].value;
    size_t mask = map->capacity - 1;
    for (size_t i = (hole + 1) & mask; map->slots[i].is_used; i = (i + 1) & mask) {
        size_t home = HASH(map->slots[i].key) & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            map->slots[hole] = map->slots[i];
            hole = i;
        }
    }
    map->slots[hole].is_used = 0;
    map->count--;
    return 1;
}

void FUNCTION(_release)(struct MAP *map)
{
    rask_free(map->slots);
    *map = (struct MAP){0};
}

#undef FUNCTION
#undef JOIN
#undef JOINED
