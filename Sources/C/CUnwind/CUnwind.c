#include "CUnwind.h"

#include <libunwind.h>
#include <string.h>

// Exported by libunwind for callers with remote tables; see libunwind-dynamic(3).
extern int UNW_OBJ(dwarf_search_unwind_table)(
  unw_addr_space_t space, unw_word_t ip, unw_dyn_info_t *table, unw_proc_info_t *found,
  int need_unwind_info, void *argument);

struct step {
  uint64_t *registers;
  size_t register_count;
  lynx_read_word read_word;
  lynx_find_table find_table;
  void *context;
};

static int find_proc_info(
  unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *found, int need_unwind_info,
  void *argument) {
  struct step *step = argument;
  uint64_t start, end, header, head, count;
  if (!step->find_table(step->context, ip, &start, &end, &header)) return -UNW_ENOINFO;
  // Version 1; pointer encodings pcrel|sdata4, udata4, datarel|sdata4 (Linux Standard Base,
  // "The .eh_frame_hdr section"): the only layout that linkers write.
  if (!step->read_word(step->context, header, &head)) return -UNW_ENOINFO;
  if ((head & 0xffffffffu) != 0x3b031b01u) return -UNW_ENOINFO;
  if (!step->read_word(step->context, header + 8, &count)) return -UNW_ENOINFO;
  count &= 0xffffffffu;
  unw_dyn_info_t table;
  memset(&table, 0, sizeof table);
  table.format = UNW_INFO_FORMAT_REMOTE_TABLE;
  table.start_ip = start;
  table.end_ip = end;
  table.u.rti.segbase = header;
  table.u.rti.table_data = header + 12;
  table.u.rti.table_len = count * 8 / sizeof(unw_word_t);
  return UNW_OBJ(dwarf_search_unwind_table)(
    space, ip, &table, found, need_unwind_info, argument);
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *argument) {
  (void)space, (void)info, (void)argument;
}

static int no_dynamic_list(unw_addr_space_t space, unw_word_t *list, void *argument) {
  (void)space, (void)list, (void)argument;
  return -UNW_ENOINFO;
}

static int access_memory(
  unw_addr_space_t space, unw_word_t address, unw_word_t *value, int write, void *argument) {
  (void)space;
  struct step *step = argument;
  uint64_t word;
  if (write || !step->read_word(step->context, address, &word)) return -UNW_EINVAL;
  *value = word;
  return 0;
}

static int access_register(
  unw_addr_space_t space, unw_regnum_t number, unw_word_t *value, int write, void *argument) {
  (void)space;
  struct step *step = argument;
  if (write || number < 0 || (size_t)number >= step->register_count) return -UNW_EBADREG;
  *value = step->registers[number];
  return 0;
}

static int access_float(
  unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value, int write, void *argument) {
  (void)space, (void)number, (void)value, (void)write, (void)argument;
  return -UNW_EBADREG;
}

static int no_resume(unw_addr_space_t space, unw_cursor_t *cursor, void *argument) {
  (void)space, (void)cursor, (void)argument;
  return -UNW_EINVAL;
}

static int no_name(
  unw_addr_space_t space, unw_word_t address, char *buffer, size_t size, unw_word_t *offset,
  void *argument) {
  (void)space, (void)address, (void)buffer, (void)size, (void)offset, (void)argument;
  return -UNW_ENOINFO;
}

int lynx_unwind_step(
  uint64_t *registers, size_t register_count, lynx_read_word read_word,
  lynx_find_table find_table, void *context) {
  static unw_accessors_t accessors = {
    .find_proc_info = find_proc_info,
    .put_unwind_info = put_unwind_info,
    .get_dyn_info_list_addr = no_dynamic_list,
    .access_mem = access_memory,
    .access_reg = access_register,
    .access_fpreg = access_float,
    .resume = no_resume,
    .get_proc_name = no_name,
  };
  unw_addr_space_t space = unw_create_addr_space(&accessors, 0);
  if (!space) return -UNW_ENOMEM;
  // The same addresses mean other code in the next process.
  unw_set_caching_policy(space, UNW_CACHE_NONE);
  struct step step = {registers, register_count, read_word, find_table, context};
  unw_cursor_t cursor;
  int result = unw_init_remote(&cursor, space, &step);
  if (result == 0) result = unw_step(&cursor);
  if (result > 0) {
    uint64_t caller[64];
    for (size_t number = 0; number < register_count && number < 64; number++) {
      unw_word_t value;
      caller[number] =
        unw_get_reg(&cursor, (unw_regnum_t)number, &value) == 0 ? value : registers[number];
    }
    memcpy(registers, caller, sizeof(uint64_t) * (register_count < 64 ? register_count : 64));
    result = 1;
  }
  unw_destroy_addr_space(space);
  return result;
}
