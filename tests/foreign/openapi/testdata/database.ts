export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  __InternalSupabase: { PostgrestVersion: "13" }
  public: {
    Tables: {
      countries: {
        Row: {
          id: number
          name: string
        }
        Insert: {
          name: string
        }
        Update: {
          name?: string
        }
        Relationships: []
      }
      everything: {
        Row: {
          id: string
          created_at: string
          updated_at: string
          version: number
          owner_id: string
          country_id: number
          text: string
          flag: boolean
          small: number
          medium: number
          count: number
          ratio: number
          price: number
          at: string
          day: string
          blob: string
          doc: Json
          words: string[]
          state: string
          order: string
          code: string
          rank: number
          m_text: string | null
          m_flag: boolean | null
          m_int: number | null
          m_float: number | null
          m_price: number | null
          m_at: string | null
          m_day: string | null
          m_id: string | null
          m_blob: string | null
          m_doc: Json
          m_words: string[] | null
        }
        Insert: {
          id?: string
          country_id: number
          text: string
          flag?: boolean
          small?: number
          medium?: number
          count?: number
          ratio: number
          price?: number
          at?: string
          day?: string
          blob?: string
          doc?: Json
          words?: string[]
          state?: string
          order?: string
          code?: string
          m_text?: string | null
          m_flag?: boolean | null
          m_int?: number | null
          m_float?: number | null
          m_price?: number | null
          m_at?: string | null
          m_day?: string | null
          m_id?: string | null
          m_blob?: string | null
          m_doc?: Json
          m_words?: string[] | null
        }
        Update: {
          country_id?: number
          text?: string
          flag?: boolean
          small?: number
          medium?: number
          count?: number
          ratio?: number
          price?: number
          at?: string
          day?: string
          blob?: string
          doc?: Json
          words?: string[]
          state?: string
          order?: string
          m_text?: string | null
          m_flag?: boolean | null
          m_int?: number | null
          m_float?: number | null
          m_price?: number | null
          m_at?: string | null
          m_day?: string | null
          m_id?: string | null
          m_blob?: string | null
          m_doc?: Json
          m_words?: string[] | null
        }
        Relationships: [
          { foreignKeyName: "country"; columns: ["country_id"]; isOneToOne: false; referencedRelation: "countries"; referencedColumns: ["id"] },
        ]
      }
      groups: {
        Row: {
          code: string
          title: string | null
        }
        Insert: {
          code: string
          title?: string | null
        }
        Update: {
          title?: string | null
        }
        Relationships: []
      }
      memberships: {
        Row: {
          country_id: number
          group_code: string
        }
        Insert: {
          country_id: number
          group_code: string
        }
        Update: Record<string, never>
        Relationships: [
          { foreignKeyName: "country"; columns: ["country_id"]; isOneToOne: false; referencedRelation: "countries"; referencedColumns: ["id"] },
          { foreignKeyName: "group"; columns: ["group_code"]; isOneToOne: false; referencedRelation: "groups"; referencedColumns: ["code"] },
        ]
      }
    }
    Views: {
      totals: {
        Row: {
          name: string
          things: number
        }
        Relationships: []
      }
    }
    Functions: {
      age: {
        Args: { Name?: string | null }
        Returns: number | null
      }
      all_things: {
        Args: never
        Returns: Database["public"]["Tables"]["everything"]["Row"][]
        SetofOptions: { from: "*"; to: "everything"; isOneToOne: false; isSetofReturn: true }
      }
      names: {
        Args: never
        Returns: string[]
      }
      "one-country": {
        Args: never
        Returns: Database["public"]["Tables"]["countries"]["Row"] | null
      }
      report: {
        Args: { name: string; age?: number | null; when?: string | null; id?: string | null; price?: number | null; tags: string[]; labels?: { [key: string]: string } | null; kind?: "a" | "b" | null; any?: Json; raw?: Json; inner?: Types["innerInput"] | null; quoted?: string | null }
        Returns: Types["report"]
      }
      reset: {
        Args: never
        Returns: undefined
      }
    }
    Enums: { [_ in never]: never }
    CompositeTypes: { [_ in never]: never }
  }
}

export type Types = {
  innerInput: { depth?: number | null; inner?: (Types["innerInput"] | null)[] | null }
  report: { total: number; rows: Types["inner"][] | null; extra?: { [key: string]: Types["inner"] | null } | null; failed: string | null }
  inner: { depth: number; inner: (Types["inner"] | null)[] | null }
}
